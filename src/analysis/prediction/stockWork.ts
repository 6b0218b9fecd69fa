/**
 * What stock tfjs-wasm does for a block, in parts: the kernels of a block written by hand in the best stock ops, as
 * bench/speed/stockForms.ts writes them. A converted model often runs more of them.
 */
import {type Activation, blockGeometry, type BlockSpec, spatialChannels} from '../../../ops/block.ts';
import type {ImageSize} from '../../../ops/cost.ts';
import {roundUp} from '../../../ops/params.ts';
import {weightPart} from './weights.ts';
import {sumOfWork, timesWork, type Work} from './work.ts';

/** The parts of a block of stock ops, each with its unit. */
export const STOCK_PARTS = [
  /** A MAC of a dense conv, 1×1 or not. */
  'convMac',
  /** A number of its filter: from the outer caches, or of large ones from memory. */
  'weight',
  'farWeight',
  /** A place that a dense conv with a window looks at, once an output pixel: XNNPACK lists them before it multiplies. */
  'tap',
  /** A MAC of a depthwise conv; of one whose window has more than 25 taps, for which XNNPACK has no kernel of one round. */
  'depthwiseMac',
  'wideDepthwiseMac',
  /** A value that any kernel reads or writes. */
  'moved',
  /** A value that GatherV2 picks. */
  'gathered',
  /** A value of erf or tanh, and one of sigmoid or exp: one by one, and in vectors. */
  'erf',
  'sigmoid',
  /** A kernel itself, once. */
  'kernel',
] as const;
export type StockPart = (typeof STOCK_PARTS)[number];

/** How stock tfjs, which has no grouped conv, computes one; a depthwise conv it has. */
export type StockFormName = 'depthwise' | 'split' | 'gather' | 'zero-filled';

type StockWork = Work<StockPart>;

/** Taps of XNNPACK's largest depthwise kernel of one round. */
const MOST_TAPS = 25;
/** Pixels that its matrix product takes at a time; a single one has a kernel of its own. */
const ROWS = 4;

/** Returns the forms in which stock tfjs can run the block, with the work of each. */
export function stockWork(spec: BlockSpec, size: ImageSize): ReadonlyMap<StockFormName, StockWork> {
  const forms: readonly StockFormName[] = spec.groupWidth === 1 ? ['depthwise'] : ['split', 'gather', 'zero-filled'];
  return new Map(forms.map((form) => [form, formWork(spec, size, form)]));
}

function formWork(spec: BlockSpec, size: ImageSize, form: StockFormName): StockWork {
  const geometry = blockGeometry(spec, size.height, size.width);
  const inPixels = size.batch * size.height * size.width;
  const outPixels = size.batch * geometry.outHeight * geometry.outWidth;
  const convFirst = spec.order === 'conv-first';
  const expandPixels = convFirst ? outPixels : inPixels;
  const channels = spatialChannels(spec);
  return sumOfWork<StockPart>([
    spatialWork({spec, form, inPixels, outPixels}),
    activationWork(spec.spatialActivation, outPixels * channels),
    ...(spec.layerNormEpsilon === null ? [] : [layerNormWork(outPixels, channels)]),
    convWork(spec, {pixels: expandPixels, inputs: spec.inChannels, outputs: spec.hiddenChannels}),
    activationWork(spec.hiddenActivation, expandPixels * spec.hiddenChannels),
    convWork(spec, {pixels: outPixels, inputs: spec.hiddenChannels, outputs: spec.outChannels}),
    ...(spec.residual ? [elementwise(3 * outPixels * spec.outChannels)] : []),
  ]);
}

interface DenseConv {
  /** Of its output, over all images. */
  readonly pixels: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Of the window; a 1×1 conv needs no list of them. */
  readonly taps?: number;
  /** Of its input, where it has others than its output. */
  readonly inPixels?: number;
}

function convWork(spec: BlockSpec, {pixels, inputs, outputs, taps = 1, inPixels = pixels}: DenseConv): StockWork {
  const weight = taps * inputs * outputs;
  return {
    convMac: (pixels === 1 ? 1 : roundUp(pixels, ROWS)) * weight,
    [weightPart(spec)]: weight,
    tap: taps === 1 ? 0 : pixels * taps,
    moved: inPixels * inputs + pixels * outputs,
    kernel: 1,
  };
}

interface SpatialConv {
  readonly spec: BlockSpec;
  readonly form: StockFormName;
  readonly inPixels: number;
  readonly outPixels: number;
}

function spatialWork({spec, form, inPixels, outPixels}: SpatialConv): StockWork {
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const taps = kernelHeight * kernelWidth;
  const channels = spatialChannels(spec);
  const groups = channels / spec.groupWidth;
  const group = convWork(spec, {pixels: outPixels, inputs: spec.groupWidth, outputs: spec.groupWidth, taps, inPixels});
  const concat = elementwise(2 * outPixels * channels);
  switch (form) {
    case 'depthwise':
      return {
        [taps > MOST_TAPS ? 'wideDepthwiseMac' : 'depthwiseMac']: outPixels * taps * channels,
        moved: (inPixels + outPixels) * channels,
        kernel: 1,
      };
    case 'split':
      // Each part is cut out of a copy of the whole image.
      return sumOfWork<StockPart>([timesWork(groups, group), concat, elementwise(2 * groups * inPixels * channels)]);
    case 'gather':
      return sumOfWork<StockPart>([
        timesWork(groups, group),
        concat,
        {gathered: inPixels * channels, moved: 2 * inPixels * channels, kernel: groups},
      ]);
    case 'zero-filled':
      return convWork(spec, {pixels: outPixels, inputs: channels, outputs: channels, taps, inPixels});
    default:
      return form satisfies never;
  }
}

/** Mean, subtract, square, mean, add, rsqrt, multiply: all but what is one number a pixel reads and writes whole images. */
function layerNormWork(pixels: number, channels: number): StockWork {
  const values = pixels * channels;
  return {moved: values * (1 + 2 + 2 + 1 + 2) + 8 * pixels, kernel: 7};
}

/** ReLU and ReLU6 are in the conv before. */
function activationWork(activation: Activation, values: number): StockWork {
  switch (activation) {
    case 'linear':
    case 'relu':
    case 'relu6':
      return {};
    case 'silu':
      return {sigmoid: values, moved: 5 * values, kernel: 2};
    case 'sigmoid':
    case 'elu':
      return {sigmoid: values, moved: 2 * values, kernel: 1};
    // Constant factors are in the weights: erf, add 1, multiply.
    case 'gelu':
      return {erf: values, moved: 7 * values, kernel: 3};
    // Square, two multiplications and an addition make what tanh is taken of.
    case 'gelu-tanh':
      return {erf: values, moved: 16 * values, kernel: 7};
    case 'hard-swish':
      return {moved: 7 * values, kernel: 3};
    default:
      return activation satisfies never;
  }
}

/** A kernel that only reads and writes. */
function elementwise(values: number): StockWork {
  return {moved: values, kernel: 1};
}
