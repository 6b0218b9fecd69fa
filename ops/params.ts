/**
 * Params layout 1: all weights of a block in one float32 vector, in the order in which the block uses them, each section
 * padded with zeros to a multiple of 8 floats. The kernels read it as it is.
 *
 * - a 1×1 conv, K inputs to N outputs: `[ceil(N/8)][K][8]`, then its bias, N padded to 8;
 * - the spatial filter: `[ceil(C/8)][kh·kw·groupWidth][8]`, tap-major then input channel, then its bias, C padded to 8.
 */
import {type BlockSpec, spatialChannels} from './block.ts';
import {BlockFusionError} from './errors.ts';

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

/** Weights with factors to be folded in while they are packed: `weight[k, n] · inputScale[k] · outputScale[n]`, rounded once. */
export interface ScaledLayerWeights extends LayerWeights {
  readonly inputScale?: Float64Array | undefined;
  readonly outputScale?: Float64Array | undefined;
}

export type ScaledBlockWeights = Readonly<Record<LayerName, ScaledLayerWeights>>;

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

/**
 * Returns the block's weights as one vector in layout 1.
 * Throws: `invalid-params` where a length does not fit the spec.
 */
export function packParams(spec: BlockSpec, weights: ScaledBlockWeights): Float32Array {
  const layout = paramsLayout(spec);
  const params = new Float32Array(layout.length);
  for (const section of layout.sections) {
    packLayer(params, section, weights[section.layer]);
  }
  return params;
}

function packLayer(params: Float32Array, section: LayerSection, layer: ScaledLayerWeights | undefined): void {
  const {depth, outputs} = section;
  if (!ArrayBuffer.isView(layer?.weights))
    throw new BlockFusionError('invalid-params', {
      where: `packParams: ${section.layer}`,
      must: 'must be {weights: Float32Array, bias?: Float32Array}',
      got: layer,
      fix: "give each layer's weights in TensorFlow's shapes",
    });
  const {weights: matrix, bias, inputScale = ones(depth), outputScale = ones(outputs)} = layer;
  const where = `packParams: ${section.layer}`;
  checkLength(`${where} weights`, matrix.length, depth * outputs);
  checkLength(`${where} inputScale`, inputScale.length, depth);
  checkLength(`${where} outputScale`, outputScale.length, outputs);
  if (bias !== undefined) {
    checkLength(`${where} bias`, bias.length, outputs);
    params.set(bias, section.bias);
  }
  forEachStrip(section, ({output, from, to}) => {
    const strip = {params, matrix, inputScale, outputScale, section, output, from, to};
    if (output + PANEL <= outputs) packWholePanel(strip);
    else packLastPanel(strip);
  });
}

interface Strip {
  readonly params: Float32Array;
  readonly matrix: Float32Array;
  readonly inputScale: Float64Array;
  readonly outputScale: Float64Array;
  readonly section: LayerSection;
  readonly output: number;
  readonly from: number;
  readonly to: number;
}

/** Millions of weights go through here while a model loads: unrolled it takes a third of the time. */
function packWholePanel({params, matrix, inputScale, outputScale, section, output, from, to}: Strip): void {
  const [s0, s1, s2, s3] = [
    outputScale[output]!,
    outputScale[output + 1]!,
    outputScale[output + 2]!,
    outputScale[output + 3]!,
  ];
  const [s4, s5, s6, s7] = [
    outputScale[output + 4]!,
    outputScale[output + 5]!,
    outputScale[output + 6]!,
    outputScale[output + 7]!,
  ];
  for (let input = from; input < to; input++) {
    const scale = inputScale[input]!;
    const packed = packedRow(section, input, output);
    const plain = input * section.outputs + output;
    params[packed] = matrix[plain]! * scale * s0;
    params[packed + 1] = matrix[plain + 1]! * scale * s1;
    params[packed + 2] = matrix[plain + 2]! * scale * s2;
    params[packed + 3] = matrix[plain + 3]! * scale * s3;
    params[packed + 4] = matrix[plain + 4]! * scale * s4;
    params[packed + 5] = matrix[plain + 5]! * scale * s5;
    params[packed + 6] = matrix[plain + 6]! * scale * s6;
    params[packed + 7] = matrix[plain + 7]! * scale * s7;
  }
}

function packLastPanel({params, matrix, inputScale, outputScale, section, output, from, to}: Strip): void {
  for (let input = from; input < to; input++) {
    let packed = packedRow(section, input, output);
    for (let n = output; n < section.outputs; n++)
      params[packed++] = matrix[input * section.outputs + n]! * inputScale[input]! * outputScale[n]!;
  }
}

function ones(length: number): Float64Array {
  return new Float64Array(length).fill(1);
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
    forEachStrip(section, ({output, from, to}) => {
      const end = Math.min(output + PANEL, section.outputs);
      for (let input = from; input < to; input++) {
        let packed = packedRow(section, input, output);
        for (let n = output; n < end; n++) weights[input * section.outputs + n] = params[packed++]!;
      }
    });
    return {weights, bias: params.slice(section.bias, section.bias + section.outputs)};
  };
  return {spatial: unpack(layout.spatial), expand: unpack(layout.expand), project: unpack(layout.project)};
}

/** Inputs that are packed at a time: their rows of the matrix stay in cache while all panels take from them. */
const STRIP = 64;

/** Visits every panel in strips of inputs from..to−1; `output` is the panel's first. */
function forEachStrip(
  {depth, outputs}: LayerSection,
  visit: (strip: {output: number; from: number; to: number}) => void,
): void {
  for (let from = 0; from < depth; from += STRIP)
    for (let output = 0; output < outputs; output += PANEL) visit({output, from, to: Math.min(depth, from + STRIP)});
}

/** Where a row of a panel begins in params. */
function packedRow({weights, depth}: LayerSection, input: number, output: number): number {
  return weights + output * depth + input * PANEL;
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
