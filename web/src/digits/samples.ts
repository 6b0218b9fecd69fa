/** Sample digits: the zoo's test images, which neither network was trained on. They are fetched when the first is asked for. */
import imagesUrl from '../../../models/zoo/digits-test/images.bin?url';
import test from '../../../models/zoo/digits-test/test.json';
import {IMAGE_SIZE} from './image.ts';

const PIXELS = IMAGE_SIZE ** 2;

export type SampleImage = Float32Array<ArrayBuffer>;

/** Returns images of a digit, a next one each time. */
export class Samples {
  #bytes: Promise<Uint8Array> | null = null;
  readonly #taken = new Map<number, number>();

  /** Throws: where the images do not load. */
  async next(digit: number): Promise<SampleImage> {
    this.#bytes ??= fetchImages();
    const bytes = await this.#bytes.catch((error: unknown) => {
      this.#bytes = null;
      throw error;
    });
    const taken = this.#taken.get(digit) ?? 0;
    this.#taken.set(digit, taken + 1);
    const start = indexOf(digit, taken) * PIXELS;
    return Float32Array.from(bytes.subarray(start, start + PIXELS), (byte) => byte / test.scale);
  }
}

/** The place of a digit's image of a number; after the last comes the first. */
function indexOf(digit: number, number: number): number {
  const all = test.labels.flatMap((label, i) => (label === digit ? [i] : []));
  return all[number % all.length]!;
}

async function fetchImages(): Promise<Uint8Array> {
  const response = await fetch(new URL(imagesUrl, import.meta.url));
  if (!response.ok) throw new Error(`the sample digits did not load: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
