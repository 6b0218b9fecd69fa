/**
 * Which blocks pay: from the block, the size of its input and the backend alone, by what was measured. `npm run bench -- --edges` times
 * each kind of block; a kind that lost to stock there has a line here.
 */
import {blockGeometry, type BlockSpec} from '../../ops/block.ts';
import {blockCost, type ImageSize} from '../../ops/cost.ts';

/** Blocks that stock ops run as fast, or faster. */
interface SlowCase {
  /** Which blocks, in words: the reason that the report gives. */
  readonly blocks: string;
  readonly holds: (spec: BlockSpec, size: ImageSize) => boolean;
}

/** Pixels that the wasm kernels take at a time, of one image: what an image lacks to a multiple is computed for nothing. */
const PIXELS_AT_A_TIME = 4;

const outPixels = (spec: BlockSpec, {height, width}: ImageSize): number => {
  const {outHeight, outWidth} = blockGeometry(spec, height, width);
  return outHeight * outWidth;
};

const onePixel: SlowCase = {
  blocks: 'a block of one pixel an image and much to multiply',
  holds: (spec, size) => outPixels(spec, size) === 1 && blockCost(spec, size).macs.total / size.batch > 40_000,
};

const batchOfSmallImages: SlowCase = {
  blocks: 'a batch of images of few pixels, no multiple of 4',
  holds: (spec, size) => {
    const pixels = outPixels(spec, size);
    return size.batch > 1 && pixels > 1 && pixels < 16 && pixels % PIXELS_AT_A_TIME !== 0;
  },
};

/** By backend, from `npm run bench -- --edges`. One that is not listed has no kernel of ours: a fused block is the stock ops again. */
const SLOW_CASES: Readonly<Record<string, readonly SlowCase[]>> = {
  wasm: [onePixel, batchOfSmallImages],
  // Nothing was measured on a GPU yet. Every plan dispatches less and moves less than the stock ops, so none is left out.
  webgpu: [],
};

/** Returns why a block would not be faster fused; null where it is. */
export function reasonNotToFuse(spec: BlockSpec, size: ImageSize, backend: string): string | null {
  const cases = SLOW_CASES[backend];
  if (cases === undefined) return `there is no fused kernel for backend ${backend}`;
  const found = cases.find(({holds}) => holds(spec, size));
  return found === undefined ? null : `${found.blocks} is no faster fused on ${backend}`;
}
