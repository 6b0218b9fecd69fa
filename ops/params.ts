/**
 * Params layout 1: all weights of a block in one float32 vector, in the order in which the block uses them, each section
 * padded with zeros to a multiple of 8 floats. The kernels read it as it is.
 *
 * - a 1×1 conv, K inputs to N outputs: `[ceil(N/8)][K][8]`, then its bias, N padded to 8;
 * - the spatial filter: `[ceil(C/8)][kh·kw·groupWidth][8]`, tap-major then input channel, then its bias, C padded to 8.
 */
import {type BlockSpec, spatialChannels} from './block.ts';
import {BlockFusionError} from './errors.ts';

export const PARAMS_LAYOUT = 1;
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

/** A layer's weights in TensorFlow's shapes. An absent bias is zero. */
export interface LayerWeights {
  readonly weights: Float32Array;
  readonly bias?: Float32Array | undefined;
}

/**
 * A block's weights in TensorFlow's shapes, row-major.
 * Shapes: spatial `[kh, kw, groupWidth, channels]`, expand `[inChannels, hiddenChannels]`, project `[hiddenChannels, outChannels]`.
 */
export interface BlockWeights {
  readonly spatial: LayerWeights;
  readonly expand: LayerWeights;
  readonly project: LayerWeights;
}

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

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

/**
 * Returns the block's weights as one vector in layout 1.
 * Throws: `invalid-params` where a length does not fit the spec.
 */
export function packParams(spec: BlockSpec, weights: BlockWeights): Float32Array {
  const layout = paramsLayout(spec);
  const params = new Float32Array(layout.length);
  for (const section of layout.sections) {
    const {weights: matrix, bias} = weights[section.layer];
    checkLength(`packParams: ${section.layer} weights`, matrix.length, section.depth * section.outputs);
    if (bias !== undefined) {
      checkLength(`packParams: ${section.layer} bias`, bias.length, section.outputs);
      params.set(bias, section.bias);
    }
    forEachRow(section, (packed, plain, lanes) => {
      for (let lane = 0; lane < lanes; lane++) params[packed + lane] = matrix[plain + lane]!;
    });
  }
  return params;
}

/**
 * Returns the weights that packParams was given, every bias present.
 * Throws: `invalid-params` where the vector is not of this spec's length.
 */
export function unpackParams(
  spec: BlockSpec,
  params: Float32Array,
): Record<LayerName, {weights: Float32Array; bias: Float32Array}> {
  const layout = paramsLayout(spec);
  checkLength('unpackParams: params', params.length, layout.length);
  const unpack = (section: LayerSection): {weights: Float32Array; bias: Float32Array} => {
    const weights = new Float32Array(section.depth * section.outputs);
    forEachRow(section, (packed, plain, lanes) => {
      for (let lane = 0; lane < lanes; lane++) weights[plain + lane] = params[packed + lane]!;
    });
    return {weights, bias: params.slice(section.bias, section.bias + section.outputs)};
  };
  return {spatial: unpack(layout.spatial), expand: unpack(layout.expand), project: unpack(layout.project)};
}

/**
 * Visits every row of every panel of a section: where it is in params and in the row-major `[depth, outputs]` matrix, and how
 * many numbers it has. Along the matrix's rows: down its columns each step would be in another page of memory.
 */
function forEachRow(
  {depth, outputs, weights}: LayerSection,
  visit: (packed: number, plain: number, lanes: number) => void,
): void {
  for (let k = 0; k < depth; k++)
    for (let panel = 0; panel < outputs; panel += PANEL)
      visit(weights + panel * depth + k * PANEL, k * outputs + panel, Math.min(PANEL, outputs - panel));
}

function checkLength(where: string, got: number, expected: number): void {
  if (got !== expected)
    throw new BlockFusionError('invalid-params', {
      where,
      must: `length must be ${expected}`,
      got,
      fix: 'check that spec and weights belong together',
    });
}
