/**
 * What stock tfjs-wasm does for a block, in parts: the kernels of a block written by hand in the best stock ops, as
 * bench/speed/stockForms.ts writes them. A converted model often runs more of them.
 */
import {type Activation, type BlockGeometry, type BlockSpec, spatialChannels} from '../block.ts';
import type {ImageSize} from '../cost.ts';
import {roundUp} from '../params.ts';
import {dramWeights, type StockCosts, sumOfWork, timesWork, type Work} from './relativeCosts.ts';

/** How stock tfjs, which has no grouped conv, computes one; a depthwise conv it has. */
export type StockFormName = 'depthwise' | 'split' | 'gather' | 'zero-filled';

type StockWork = Work<StockCosts>;

/** Taps of XNNPACK's largest depthwise kernel of one pass. */
const MAX_PASS_TAPS = 25;
/** Pixels that its matrix product takes at a time; a single one has a kernel of its own. */
const CONV_PIXELS = 4;

/** Returns the forms in which stock tfjs can run the block, with the work of each. */
export function stockWork(
  spec: BlockSpec,
  size: ImageSize,
  geometry: BlockGeometry,
): ReadonlyMap<StockFormName, StockWork> {
  const forms: readonly StockFormName[] = spec.groupWidth === 1 ? ['depthwise'] : ['split', 'gather', 'zero-filled'];
  const inPixels = size.batch * size.height * size.width;
  const outPixels = size.batch * geometry.outHeight * geometry.outWidth;
  const rest = sumOfWork([
    workAroundSpatial(spec, inPixels, outPixels),
    exciteWork(spec, size.batch, outPixels),
    responseNormWork(spec, size.batch, outPixels),
  ]);
  return new Map(forms.map((form) => [form, sumOfWork([spatialWork({spec, form, inPixels, outPixels}), rest])]));
}

/** All but the spatial conv. */
function workAroundSpatial(spec: BlockSpec, inPixels: number, outPixels: number): StockWork {
  const {inChannels, hiddenChannels, outChannels} = spec;
  const expandPixels = spec.order === 'conv-first' ? outPixels : inPixels;
  const spatialValues = outPixels * spatialChannels(spec);
  const outputs = outPixels * outChannels;
  const expand = [
    convWork(spec, {pixels: expandPixels, inputs: inChannels, outputs: hiddenChannels}),
    activationWork(spec.hiddenActivation, expandPixels * hiddenChannels),
  ];
  return sumOfWork<StockCosts>([
    activationWork(spec.spatialActivation, spatialValues),
    spec.layerNormEpsilon === null ? {} : layerNormWork(outPixels, spatialValues),
    ...(spec.order === 'separable' ? [] : expand),
    convWork(spec, {pixels: outPixels, inputs: hiddenChannels, outputs: outChannels}),
    spec.residual ? elementwise(3 * outputs) : {},
    spec.residual ? loneActivationWork(spec.outputActivation, outputs) : activationWork(spec.outputActivation, outputs),
  ]);
}

/** The mean, two products of it, and the product with the gates. */
function exciteWork(spec: BlockSpec, images: number, pixels: number): StockWork {
  const {squeezeExcite, hiddenChannels} = spec;
  if (squeezeExcite === null) return {};
  const {channels, activation, gate, beforeActivation} = squeezeExcite;
  const values = pixels * hiddenChannels;
  return sumOfWork<StockCosts>([
    {reducedValue: values, kernel: 1},
    convWork(spec, {pixels: images, inputs: hiddenChannels, outputs: channels}),
    activationWork(activation, images * channels),
    convWork(spec, {pixels: images, inputs: channels, outputs: hiddenChannels}),
    activationWork(gate, images * hiddenChannels),
    elementwise(2 * values),
    // An activation that comes after it is in no conv.
    beforeActivation && isFused(spec.spatialActivation) ? loneActivationWork(spec.spatialActivation, values) : {},
  ]);
}

/** Square, sum, and the product with the factors; six kernels of a value a channel make these. */
function responseNormWork({responseNorm, hiddenChannels}: BlockSpec, images: number, pixels: number): StockWork {
  if (responseNorm === null) return {};
  const values = pixels * hiddenChannels;
  return {reducedValue: values, loadStore: 4 * values + 12 * images * hiddenChannels, kernel: 9};
}

interface DenseConv {
  /** Of its output, over all images. */
  readonly pixels: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Of the window. */
  readonly taps?: number;
  /** Of its input, where it has others than its output. */
  readonly inPixels?: number;
}

function convWork(spec: BlockSpec, {pixels, inputs, outputs, taps = 1, inPixels = pixels}: DenseConv): StockWork {
  const weights = taps * inputs * outputs;
  return {
    convMac: (pixels === 1 ? 1 : roundUp(pixels, CONV_PIXELS)) * weights,
    dramWeight: dramWeights(spec, weights),
    indirection: taps === 1 ? 0 : pixels * taps,
    loadStore: inPixels * inputs + pixels * outputs,
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
        [taps > MAX_PASS_TAPS ? 'multipassDepthwiseMac' : 'depthwiseMac']: outPixels * taps * channels,
        loadStore: (inPixels + outPixels) * channels,
        kernel: 1,
      };
    case 'split':
      // Each group is sliced out of a copy of the whole image.
      return sumOfWork<StockCosts>([timesWork(groups, group), concat, elementwise(2 * groups * inPixels * channels)]);
    case 'gather':
      return sumOfWork<StockCosts>([
        timesWork(groups, group),
        concat,
        {gathered: inPixels * channels, loadStore: 2 * inPixels * channels, kernel: groups},
      ]);
    case 'zero-filled':
      return convWork(spec, {pixels: outPixels, inputs: channels, outputs: channels, taps, inPixels});
    default:
      return form satisfies never;
  }
}

/** Mean, subtract, square, mean, add, rsqrt, multiply: all but what is one number a pixel loads and stores whole images. */
function layerNormWork(pixels: number, values: number): StockWork {
  return {loadStore: values * (1 + 2 + 2 + 1 + 2) + 8 * pixels, kernel: 7};
}

/** An activation that no conv takes in. */
function loneActivationWork(activation: Activation, values: number): StockWork {
  if (activation === 'linear' || !isFused(activation)) return activationWork(activation, values);
  return elementwise(2 * values);
}

/** Whether a stock conv takes an activation in. */
function isFused(activation: Activation): boolean {
  return ['linear', 'relu', 'relu6', 'prelu'].includes(activation);
}

/** Those that the conv before takes in cost nothing. */
function activationWork(activation: Activation, values: number): StockWork {
  switch (activation) {
    case 'linear':
    case 'relu':
    case 'relu6':
    case 'prelu':
      return {};
    case 'silu':
      return {vectorTranscendental: values, loadStore: 5 * values, kernel: 2};
    case 'sigmoid':
    case 'elu':
      return {vectorTranscendental: values, loadStore: 2 * values, kernel: 1};
    // Constant factors are in the weights: erf, add 1, multiply.
    case 'gelu':
      return {scalarTranscendental: values, loadStore: 7 * values, kernel: 3};
    // Square, two multiplications and an addition make what tanh is taken of.
    case 'gelu-tanh':
      return {scalarTranscendental: values, loadStore: 16 * values, kernel: 7};
    case 'hard-swish':
      return {loadStore: 7 * values, kernel: 3};
    case 'hard-sigmoid':
      return {loadStore: 6 * values, kernel: 3};
    default:
      return activation satisfies never;
  }
}

/** A kernel that only loads and stores. */
function elementwise(values: number): StockWork {
  return {loadStore: values, kernel: 1};
}
