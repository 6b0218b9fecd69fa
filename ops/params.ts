/**
 * Params layout 1: all weights of a block in one float32 vector, in the order in which the block uses them, each section
 * padded with zeros to a multiple of 8 floats. The kernels read it as it is.
 *
 * - a 1×1 conv, K inputs to N outputs: `[ceil(N/8)][K][8]`, then its bias, N padded to 8;
 * - the spatial filter: `[ceil(C/8)][kh·kw·groupWidth][8]`, tap-major then input channel, then its bias, C padded to 8;
 * - after the bias of a layer that a PReLU follows, the slopes, padded to 8; γ of a response norm, padded to 8.
 */
import {type Activation, type BlockFields, blockSpec, type BlockSpec, spatialChannels} from './block.ts';
import {getOrMake} from './getOrMake.ts';

/** What a kernel's weights and fast memory are in; its sums are float32 in either. */
export type Precision = 'float32' | 'float16';

/** The layouts' numbers. Layout 2 holds the same in float16 (float16Params.ts). */
export const PARAMS_LAYOUTS: Readonly<Record<Precision, number>> = {float32: 1, float16: 2};
/** Units: bytes. */
export const FLOAT_BYTES = 4;
/** Outputs that stand side by side in a panel. */
export const PANEL = 8;

/** The layers that have weights; `seReduce` and `seExpand` are the products of squeeze-and-excite. */
export type LayerName = 'spatial' | 'expand' | 'seReduce' | 'seExpand' | 'project';

/** Where a layer's numbers lie. Units: floats from the start of params. */
export interface LayerSection {
  readonly layer: LayerName;
  /** Rows of a panel: K of a 1×1 conv, kh·kw·groupWidth of the spatial filter. */
  readonly depth: number;
  readonly outputs: number;
  readonly weights: number;
  readonly bias: number;
  /** Of the PReLU that follows; null where another activation does. */
  readonly slopes: number | null;
}

export interface ParamsLayout {
  /** In the order in which the block uses them. */
  readonly sections: readonly LayerSection[];
  readonly spatial: LayerSection;
  /** Null in separable. */
  readonly expand: LayerSection | null;
  /** Null without squeeze-and-excite. */
  readonly seReduce: LayerSection | null;
  readonly seExpand: LayerSection | null;
  readonly project: LayerSection;
  /** Where γ of the response norm lies, one a hidden channel; null where there is none. Units: floats from the start of params. */
  readonly responseNorm: number | null;
  /** Floats in all. */
  readonly length: number;
}

/** Returns the least multiple of `to` that is not below n. */
export function roundUp(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}

/** A layer's sizes, and what follows it. */
interface Layer {
  readonly depth: number;
  readonly outputs: number;
  readonly activation: Activation;
}

function layersOf(spec: BlockSpec): Readonly<Record<LayerName, Layer>> {
  const {inChannels, hiddenChannels, outChannels, squeezeExcite} = spec;
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const squeezed = squeezeExcite?.channels ?? 0;
  return {
    spatial: {
      depth: kernelHeight * kernelWidth * spec.groupWidth,
      outputs: spatialChannels(spec),
      activation: spec.spatialActivation,
    },
    expand: {depth: inChannels, outputs: hiddenChannels, activation: spec.hiddenActivation},
    seReduce: {depth: hiddenChannels, outputs: squeezed, activation: squeezeExcite?.activation ?? 'linear'},
    seExpand: {depth: squeezed, outputs: hiddenChannels, activation: squeezeExcite?.gate ?? 'linear'},
    project: {depth: hiddenChannels, outputs: outChannels, activation: spec.outputActivation},
  };
}

/** The layers of a block, in the order in which it uses them. */
export function layerNames({order, squeezeExcite}: BlockSpec): LayerName[] {
  const excite: LayerName[] = squeezeExcite === null ? [] : ['seReduce', 'seExpand'];
  if (order === 'conv-first') return ['spatial', 'expand', 'project'];
  return order === 'separable' ? ['spatial', ...excite, 'project'] : ['expand', 'spatial', ...excite, 'project'];
}

/**
 * Returns where each layer's weights and bias lie in a params vector of this spec.
 * Throws: `invalid-spec`.
 */
export function paramsLayout(fields: BlockFields): ParamsLayout {
  const spec = blockSpec(fields);
  return getOrMake(layouts, spec, () => layOut(spec));
}

const layouts = new WeakMap<BlockSpec, ParamsLayout>();

function layOut(spec: BlockSpec): ParamsLayout {
  const layers = layersOf(spec);
  let end = 0;
  const take = (floats: number): number => {
    const start = end;
    end += floats;
    return start;
  };
  let responseNorm: number | null = null;
  const sections = layerNames(spec).map((layer): LayerSection => {
    if (layer === 'project' && spec.responseNorm !== null) responseNorm = take(roundUp(spec.hiddenChannels, PANEL));
    const {depth, outputs, activation} = layers[layer];
    const padded = roundUp(outputs, PANEL);
    const [weights, bias] = [take(padded * depth), take(padded)];
    return {layer, depth, outputs, weights, bias, slopes: activation === 'prelu' ? take(padded) : null};
  });
  const section = (name: LayerName): LayerSection | null => sections.find(({layer}) => layer === name) ?? null;
  return {
    sections,
    spatial: section('spatial')!,
    expand: section('expand'),
    seReduce: section('seReduce'),
    seExpand: section('seExpand'),
    project: section('project')!,
    responseNorm,
    length: end,
  };
}

/** Returns how params of this spec stand in a tensor: each in a float, or two in an int. */
export function paramsForm(spec: BlockSpec, precision: Precision): {dtype: 'float32' | 'int32'; length: number} {
  const {length} = paramsLayout(spec);
  return precision === 'float32' ? {dtype: 'float32', length} : {dtype: 'int32', length: length / 2};
}
