/**
 * Params layout 1: all weights of a block in one float32 vector, in the order in which the block uses them, each section
 * padded with zeros to a multiple of 8 floats. The kernels read it as it is.
 *
 * - a 1×1 conv, K inputs to N outputs: `[ceil(N/8)][K][8]`, then its bias, N padded to 8;
 * - the spatial filter: `[ceil(C/8)][kh·kw·groupWidth][8]`, tap-major then input channel, then its bias, C padded to 8.
 */
import {type BlockSpec, spatialChannels} from './block.ts';

/** What a kernel's weights and fast memory are in; its sums are float32 in either. */
export type Precision = 'float32' | 'float16';

/** The layouts' numbers. Layout 2 holds the same in float16 (float16Params.ts). */
export const PARAMS_LAYOUTS: Readonly<Record<Precision, number>> = {float32: 1, float16: 2};
/** Units: bytes. */
export const FLOAT_BYTES = 4;
/** Outputs that stand side by side in a panel. */
export const PANEL = 8;

export type LayerName = 'spatial' | 'expand' | 'project';

/** Where a layer's numbers lie. Units: floats from the start of params. */
export interface LayerSection {
  readonly layer: LayerName;
  /** Rows of a panel: K of a 1×1 conv, kh·kw·groupWidth of the spatial filter. */
  readonly depth: number;
  readonly outputs: number;
  readonly weights: number;
  readonly bias: number;
}

export interface ParamsLayout {
  /** In the order in which the block uses them. */
  readonly sections: readonly LayerSection[];
  readonly spatial: LayerSection;
  readonly expand: LayerSection;
  readonly project: LayerSection;
  /** Floats in all. */
  readonly length: number;
}

/** Returns the least multiple of `to` that is not below n. */
export function roundUp(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}

/** Returns where each layer's weights and bias lie in a params vector of this spec. */
export function paramsLayout(spec: BlockSpec): ParamsLayout {
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const sizes: Record<LayerName, {depth: number; outputs: number}> = {
    spatial: {depth: kernelHeight * kernelWidth * spec.groupWidth, outputs: spatialChannels(spec)},
    expand: {depth: spec.inChannels, outputs: spec.hiddenChannels},
    project: {depth: spec.hiddenChannels, outputs: spec.outChannels},
  };
  const order: LayerName[] =
    spec.order === 'conv-first' ? ['spatial', 'expand', 'project'] : ['expand', 'spatial', 'project'];
  let end = 0;
  const place = (layer: LayerName): LayerSection => {
    const {depth, outputs} = sizes[layer];
    const weights = end;
    const bias = weights + roundUp(outputs, PANEL) * depth;
    end = bias + roundUp(outputs, PANEL);
    return {layer, depth, outputs, weights, bias};
  };
  const sections = order.map(place);
  const byName = Object.fromEntries(sections.map((s) => [s.layer, s])) as Record<LayerName, LayerSection>;
  return {sections, ...byName, length: end};
}

/** Returns how params of this spec stand in a tensor: each in a float, or two in an int. */
export function paramsForm(spec: BlockSpec, precision: Precision): {dtype: 'float32' | 'int32'; length: number} {
  const {length} = paramsLayout(spec);
  return precision === 'float32' ? {dtype: 'float32', length} : {dtype: 'int32', length: length / 2};
}
