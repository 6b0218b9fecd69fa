/** A model's accuracy on a labelled test set in Node: a test.json beside the file of bytes that it names. */
import * as tf from '@tensorflow/tfjs-core';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {Tensor4D} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';
import {elements} from '../../ops/shape.ts';
import {nodeModules} from '../load/nodeModules.ts';
import {describeShape} from '../run/inputs.ts';
import {compileBefore, outputsOf} from '../run/runs.ts';

const TEST_FILE = 'test.json';
/** Images at a time, where the model leaves that open. */
const BATCH = 60;

export interface LabelledImages {
  /** [n, h, w, c]. */
  readonly shape: readonly [number, number, number, number];
  /** As the model takes them. */
  readonly pixels: Float32Array;
  /** The class of each image. */
  readonly labels: readonly number[];
}

/** Images are stored as bytes; a pixel's value is its byte divided by `scale`. */
interface TestFile {
  readonly schema: 1;
  readonly images: string;
  readonly dtype: 'uint8';
  readonly scale: number;
  readonly shape: LabelledImages['shape'];
  readonly labels: readonly number[];
}

/**
 * Returns the test set in a folder.
 * Throws: `invalid-option` where a file is missing, is of another form, or holds more or fewer images than labels.
 */
export async function readLabelledImages(folder: string): Promise<LabelledImages> {
  const {fs, path} = await nodeModules();
  const file = path.join(folder, TEST_FILE);
  const read = async <T>(name: string, parse: (bytes: Uint8Array) => T): Promise<T> => {
    try {
      return parse(await fs.readFile(name));
    } catch (cause) {
      throw refusal(name, 'must be readable', cause);
    }
  };
  const test = checked(await read(file, (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as unknown), file);
  const images = path.join(folder, test.images);
  const bytes = await read(images, (all) => all);
  const expected = elements(test.shape);
  if (bytes.length !== expected) throw refusal(images, `must hold ${expected} bytes`, bytes.length);
  return {shape: test.shape, pixels: Float32Array.from(bytes, (byte) => byte / test.scale), labels: test.labels};
}

function checked(json: unknown, file: string): TestFile {
  const {schema, images, dtype, scale, shape, labels} = (json ?? {}) as Partial<Record<keyof TestFile, unknown>>;
  const counts = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((each) => Number.isInteger(each) && each >= 0);
  if (schema !== 1 || dtype !== 'uint8') throw refusal(file, 'must have schema 1 and dtype uint8', {schema, dtype});
  if (typeof images !== 'string') throw refusal(file, 'images must name a file', images);
  if (typeof scale !== 'number' || !(scale > 0)) throw refusal(file, 'scale must be a positive number', scale);
  if (!counts(shape) || shape.length !== 4) throw refusal(file, 'shape must be [n, h, w, c]', shape);
  if (!counts(labels)) throw refusal(file, 'labels must be a list of classes', labels);
  if (labels.length !== shape[0]) throw refusal(file, `must have ${shape[0]} labels`, labels.length);
  return json as TestFile;
}

function refusal(where: string, must: string, got: unknown): BlockFusionError {
  return new BlockFusionError('invalid-option', {
    where,
    must,
    got,
    fix: 'give a folder with a test.json and its images',
  });
}

/**
 * Returns how many images the model puts into their class: its one output is a score for each class.
 * Throws: `invalid-option` where the images do not fit the model's one input.
 */
export async function countCorrect(model: GraphModel, images: LabelledImages): Promise<number> {
  checkImages(model, images);
  const {shape, labels} = images;
  const step = batchOf(model);
  let correct = 0;
  let compiled = 0;
  for (let start = 0; start < shape[0]; start += step) {
    const count = Math.min(step, shape[0] - start);
    const input = batchAt(images, {start, count});
    const inputs = {[model.inputs[0]!.name]: input};
    try {
      if (count !== compiled) await compileBefore(model, inputs);
      compiled = count;
      const [scores = []] = await outputsOf(model, inputs);
      const classes = scores.length / count;
      for (let i = 0; i < count; i++)
        if (bestClass(scores, {start: i * classes, classes}) === labels[start + i]) correct++;
    } finally {
      input.dispose();
    }
  }
  return correct;
}

function checkImages({inputs}: GraphModel, {shape}: LabelledImages): void {
  const [{shape: stated} = {}] = inputs;
  const step = stated?.[0] ?? -1;
  const fits =
    stated === undefined ||
    (stated.length === 4 && stated.every((size, i) => size < 0 || i === 0 || size === shape[i]));
  if (inputs.length !== 1 || !fits || (step > 0 && shape[0] % step !== 0))
    throw new BlockFusionError('invalid-option', {
      where: '--images',
      must: `the model must take images alone, here of ${describeShape(shape)}, and in batches that add up`,
      got: inputs.map((input) => describeShape(input.shape)),
      fix: 'give images that belong to the model',
    });
}

function batchOf({inputs}: GraphModel): number {
  const stated = inputs[0]?.shape?.[0] ?? -1;
  return stated > 0 ? stated : BATCH;
}

function batchAt(
  {shape: [, ...image], pixels}: LabelledImages,
  {start, count}: {start: number; count: number},
): Tensor4D {
  const size = elements(image);
  return tf.tensor4d(pixels.subarray(start * size, (start + count) * size), [count, ...image]);
}

/** The first of equal scores; −1 where a score is NaN. */
function bestClass(scores: ArrayLike<number>, {start, classes}: {start: number; classes: number}): number {
  let best = 0;
  for (let each = 0; each < classes; each++) {
    const score = scores[start + each]!;
    if (Number.isNaN(score)) return -1;
    if (score > scores[start + best]!) best = each;
  }
  return best;
}
