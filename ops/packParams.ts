/** Weights in TensorFlow's shapes, to and from the one vector of a block (params.ts), with what is folded into them on the way. */
import {type BlockFields, blockSpec, type BlockSpec} from './block.ts';
import {BlockFusionError} from './errors.ts';
import {type LayerName, type LayerSection, PANEL, paramsLayout, roundUp} from './params.ts';

/** A layer's weights in TensorFlow's shapes. An absent bias is zero. */
export interface LayerWeights {
  /** The filter or matrix, row-major. */
  readonly weights: Float32Array;
  /** One an output. Default: zeros. */
  readonly bias?: Float32Array | undefined;
  /** Of the PReLU that follows, one an output; absent where another activation does. */
  readonly slopes?: Float32Array | undefined;
}

/** A response norm's γ and β, one a hidden channel. An absent shift is zero. */
export interface ResponseNormWeights {
  /** γ. */
  readonly scale: Float32Array;
  /** β. Default: zeros. */
  readonly shift?: Float32Array | Float64Array | undefined;
}

/** The layers that a block has, by name; those that it has not are absent. */
export interface BlockLayers<Layer> extends Readonly<Partial<Record<LayerName, Layer>>> {
  /** The depthwise or grouped conv. Shapes: `[kh, kw, groupWidth, channels]`. */
  readonly spatial: Layer;
  /** The 1×1 conv to hidden channels; absent in separable. Shapes: `[inChannels, hiddenChannels]`. */
  readonly expand?: Layer;
  /** Of squeeze-and-excite to c channels, the first product. Shapes: `[hiddenChannels, c]`. */
  readonly seReduce?: Layer;
  /** Of squeeze-and-excite, the second product. Shapes: `[c, hiddenChannels]`. */
  readonly seExpand?: Layer;
  /** The last 1×1 conv. Shapes: `[hiddenChannels, outChannels]`. */
  readonly project: Layer;
  /** Where the spec has a response norm. */
  readonly responseNorm?: ResponseNormWeights | undefined;
}

/**
 * A block's weights in TensorFlow's shapes, row-major.
 * Shapes: spatial `[kh, kw, groupWidth, channels]`, expand `[inChannels, hiddenChannels]`, project `[hiddenChannels, outChannels]`,
 * and of squeeze-and-excite to c channels seReduce `[hiddenChannels, c]`, seExpand `[c, hiddenChannels]`.
 */
export type BlockWeights = BlockLayers<LayerWeights>;

/**
 * A layer with what stands before and after it, folded in while its weights are packed, each rounded once:
 * `outputScale · (W · (inputScale · x + inputShift)) + bias`. An absent scale is one, an absent shift zero.
 */
export interface FoldedLayer {
  /** The weights in TensorFlow's shape, row-major, in one piece or in several that follow one another. */
  readonly weights: Float32Array | readonly Float32Array[];
  /** One an output. Default: zeros. */
  readonly bias?: Float32Array | Float64Array | undefined;
  /** Of the PReLU that follows, one an output; absent where another activation does. */
  readonly slopes?: Float32Array | undefined;
  /** One a row of the matrix: an input channel, or a tap of one. Default: ones. */
  readonly inputScale?: Float64Array | undefined;
  /** One a row of the matrix. Default: zeros. */
  readonly inputShift?: Float64Array | undefined;
  /** One an output. Default: ones. */
  readonly outputScale?: Float64Array | undefined;
}

/** A block's weights with what is folded into them. BlockWeights are one. */
export type FoldedBlock = BlockLayers<FoldedLayer>;

/**
 * Returns the block's weights as one vector in layout 1: of fusedResidualBlock's params.
 * Throws: `invalid-spec`; `invalid-params` where a length does not fit the spec.
 */
export function packParams(fields: BlockFields, layers: FoldedBlock): Float32Array {
  const spec = blockSpec(fields);
  const params = new Float32Array(paramsLayout(spec).length);
  packParamsInto(params, spec, layers);
  return params;
}

/**
 * Writes the block's weights into memory of the layout's length, whatever it held; `packPanels` does the bulk of the work.
 * Throws: `invalid-params` where a length does not fit the spec.
 */
export function packParamsInto(
  params: Float32Array,
  spec: BlockSpec,
  layers: FoldedBlock,
  packPanels = packPanelsInJs,
): void {
  const {sections, length, responseNorm} = paramsLayout(spec);
  checkLength('packParams: params', params.length, length);
  const norm = responseNorm === null ? null : packResponseNorm(params, responseNorm, spec, layers.responseNorm);
  for (const section of sections) {
    const layer = layers[section.layer];
    packLayer({params, section, packPanels, layer: section.layer === 'project' ? shiftedBy(norm, layer) : layer});
  }
}

/** Writes γ, and returns β. */
function packResponseNorm(
  params: Float32Array,
  at: number,
  {hiddenChannels}: BlockSpec,
  weights: ResponseNormWeights | undefined,
): Float32Array | Float64Array | null {
  const where = 'packParams: responseNorm';
  if (!ArrayBuffer.isView(weights?.scale))
    throw noWeights(where, '{scale: Float32Array, shift?: Float32Array}', weights);
  checkLength(`${where} scale`, weights.scale.length, hiddenChannels);
  params.fill(0, at, at + roundUp(hiddenChannels, PANEL));
  params.set(weights.scale, at);
  if (weights.shift !== undefined) checkLength(`${where} shift`, weights.shift.length, hiddenChannels);
  return weights.shift ?? null;
}

/** Returns the layer that takes `shift` more in its input. */
function shiftedBy(shift: Float32Array | Float64Array | null, layer: FoldedLayer | undefined): FoldedLayer | undefined {
  if (shift === null || layer === undefined) return layer;
  const {inputScale, inputShift} = layer;
  const inputs = Float64Array.from(shift, (value, i) => value * (inputScale?.[i] ?? 1) + (inputShift?.[i] ?? 0));
  return {...layer, inputShift: inputs};
}

interface LayerToPack extends Pick<LayerPacking, 'params' | 'section'> {
  readonly layer: FoldedLayer | undefined;
  readonly packPanels: PackPanels;
}

function packLayer({params, section, layer, packPanels}: LayerToPack): void {
  const where = `packParams: ${section.layer}`;
  const {depth, outputs} = section;
  const pieces = ArrayBuffer.isView(layer?.weights) ? [layer.weights] : layer?.weights;
  if (layer === undefined || !Array.isArray(pieces))
    throw noWeights(where, '{weights: Float32Array, bias?: Float32Array}', layer);
  const weights = pieces as readonly Float32Array[];
  const length = weights.reduce((sum, piece) => sum + piece.length, 0);
  checkLength(`${where} weights`, length, depth * outputs);
  const {bias, inputScale, inputShift, outputScale} = layer;
  for (const [name, factors, expected] of [
    ['bias', bias, outputs],
    ['inputScale', inputScale, depth],
    ['inputShift', inputShift, depth],
    ['outputScale', outputScale, outputs],
  ] as const)
    if (factors !== undefined) checkLength(`${where} ${name}`, factors.length, expected);

  zeroPadding(params, section);
  packSlopes(params, section, layer.slopes);
  const packing: LayerPacking = {
    params,
    section,
    inputScale: inputScale ?? new Float64Array(depth).fill(1),
    inputShift: inputShift ?? new Float64Array(depth),
    outputScale: outputScale ?? new Float64Array(outputs).fill(1),
    sums: new Float64Array(outputs),
  };
  forEachRows(weights, section, (rows) => {
    packPanels(packing, rows);
    packLastPanel(packing, rows);
  });
  for (let n = 0; n < outputs; n++)
    params[section.bias + n] = packing.sums[n]! * packing.outputScale[n]! + (bias?.[n] ?? 0);
}

function packSlopes(params: Float32Array, {layer, outputs, slopes: at}: LayerSection, slopes?: Float32Array): void {
  const where = `packParams: ${layer} slopes`;
  if (at === null) {
    if (slopes !== undefined)
      throw new BlockFusionError('invalid-params', {
        where,
        must: 'must be absent where no PReLU follows',
        got: slopes,
        fix: "leave them out, or make the activation of the spec 'prelu'",
      });
    return;
  }
  if (!ArrayBuffer.isView(slopes)) throw noWeights(where, 'a Float32Array where a PReLU follows', slopes);
  checkLength(where, slopes.length, outputs);
  params.fill(0, at, at + roundUp(outputs, PANEL));
  params.set(slopes, at);
}

function noWeights(where: string, must: string, got: unknown): BlockFusionError {
  const fix = "give each layer's weights in TensorFlow's shapes";
  return new BlockFusionError('invalid-params', {where, must: `must be ${must}`, got, fix});
}

/** The outputs of the last panel that are none, and the biases. */
function zeroPadding(params: Float32Array, section: LayerSection): void {
  const {bias, depth, outputs} = section;
  const rest = outputs % PANEL;
  if (rest > 0) params.fill(0, packedRow(section, 0, outputs - rest), packedRow(section, depth, outputs - rest));
  params.fill(0, bias, bias + roundUp(outputs, PANEL));
}

/** A layer on its way into params. */
export interface LayerPacking {
  readonly params: Float32Array;
  readonly section: LayerSection;
  /** Shapes: `[depth]`, `[depth]`, `[outputs]`. */
  readonly inputScale: Float64Array;
  readonly inputShift: Float64Array;
  readonly outputScale: Float64Array;
  /** What the shift of the inputs comes to in each output, so far. Shapes: `[outputs]`. */
  readonly sums: Float64Array;
}

/** Rows of a layer's weights that lie whole in one array: inputs from..to−1, that of `from` at `start`. */
export interface Rows {
  readonly matrix: Float32Array;
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

/** Visits all rows of a matrix in pieces; one that lies across two pieces is joined. */
function forEachRows(pieces: readonly Float32Array[], {outputs}: LayerSection, visit: (rows: Rows) => void): void {
  const joined = new Float32Array(outputs);
  let [from, filled] = [0, 0];
  for (const matrix of pieces) {
    let start = 0;
    if (filled > 0) {
      start = Math.min(outputs - filled, matrix.length);
      joined.set(matrix.subarray(0, start), filled);
      filled += start;
      if (filled < outputs) continue;
      visit({matrix: joined, start: 0, from, to: ++from});
    }
    const count = Math.floor((matrix.length - start) / outputs);
    if (count > 0) visit({matrix, start, from, to: from + count});
    from += count;
    const rest = matrix.subarray(start + count * outputs);
    joined.set(rest);
    filled = rest.length;
  }
}

/** Inputs that are packed at a time: their rows of the matrix stay in cache while all panels take from them. */
const STRIP = 32;

/** Packs the whole panels of these rows, and adds to the sums. */
export type PackPanels = (packing: LayerPacking, rows: Rows) => void;

/**
 * Millions of weights go through here while a model loads: written out it takes a third. A zero shift adds nothing, whatever the
 * weight: 0 · ∞ would add NaN.
 */
export const packPanelsInJs: PackPanels = (packing, {matrix, start, from, to}) => {
  const {params, section, inputScale, inputShift, outputScale, sums} = packing;
  const {outputs} = section;
  for (let first = from; first < to; first += STRIP) {
    const end = Math.min(to, first + STRIP);
    for (let output = 0; output + PANEL <= outputs; output += PANEL) {
      let packed = packedRow(section, first, output);
      let plain = start + (first - from) * outputs + output;
      const s0 = outputScale[output]!;
      const s1 = outputScale[output + 1]!;
      const s2 = outputScale[output + 2]!;
      const s3 = outputScale[output + 3]!;
      const s4 = outputScale[output + 4]!;
      const s5 = outputScale[output + 5]!;
      const s6 = outputScale[output + 6]!;
      const s7 = outputScale[output + 7]!;
      let t0 = sums[output]!;
      let t1 = sums[output + 1]!;
      let t2 = sums[output + 2]!;
      let t3 = sums[output + 3]!;
      let t4 = sums[output + 4]!;
      let t5 = sums[output + 5]!;
      let t6 = sums[output + 6]!;
      let t7 = sums[output + 7]!;
      for (let input = first; input < end; input++) {
        const scale = inputScale[input]!;
        const shift = inputShift[input]!;
        const w0 = matrix[plain]!;
        const w1 = matrix[plain + 1]!;
        const w2 = matrix[plain + 2]!;
        const w3 = matrix[plain + 3]!;
        const w4 = matrix[plain + 4]!;
        const w5 = matrix[plain + 5]!;
        const w6 = matrix[plain + 6]!;
        const w7 = matrix[plain + 7]!;
        params[packed] = w0 * scale * s0;
        params[packed + 1] = w1 * scale * s1;
        params[packed + 2] = w2 * scale * s2;
        params[packed + 3] = w3 * scale * s3;
        params[packed + 4] = w4 * scale * s4;
        params[packed + 5] = w5 * scale * s5;
        params[packed + 6] = w6 * scale * s6;
        params[packed + 7] = w7 * scale * s7;
        packed += PANEL;
        plain += outputs;
        if (shift === 0) continue;
        t0 += w0 * shift;
        t1 += w1 * shift;
        t2 += w2 * shift;
        t3 += w3 * shift;
        t4 += w4 * shift;
        t5 += w5 * shift;
        t6 += w6 * shift;
        t7 += w7 * shift;
      }
      sums[output] = t0;
      sums[output + 1] = t1;
      sums[output + 2] = t2;
      sums[output + 3] = t3;
      sums[output + 4] = t4;
      sums[output + 5] = t5;
      sums[output + 6] = t6;
      sums[output + 7] = t7;
    }
  }
};

/** The outputs that fill no panel. */
function packLastPanel(packing: LayerPacking, {matrix, start, from, to}: Rows): void {
  const {params, section, inputScale, inputShift, outputScale, sums} = packing;
  const {outputs} = section;
  const first = outputs - (outputs % PANEL);
  for (let input = from; input < to; input++)
    for (let output = first; output < outputs; output++) {
      const weight = matrix[start + (input - from) * outputs + output]!;
      params[packedRow(section, input, first) + output - first] = weight * inputScale[input]! * outputScale[output]!;
      if (inputShift[input] !== 0) sums[output]! += weight * inputShift[input]!;
    }
}

/** A layer as it lies in params: every bias is there, and slopes where a PReLU follows. */
export interface UnpackedLayer {
  /** The filter or matrix, row-major. */
  readonly weights: Float32Array;
  /** One an output. */
  readonly bias: Float32Array;
  /** Of the PReLU that follows, one an output. */
  readonly slopes?: Float32Array;
}

/**
 * Returns the weights that packParams was given, every bias present, a response norm's shift in that of project.
 * Throws: `invalid-params` where the vector is not of this spec's length.
 */
export function unpackParams(fields: BlockFields, params: Float32Array): BlockLayers<UnpackedLayer> {
  const spec = blockSpec(fields);
  const {sections, length, responseNorm} = paramsLayout(spec);
  checkLength('unpackParams: params', params.length, length);
  const layers = Object.fromEntries(sections.map((section) => [section.layer, unpackLayer(section, params)]));
  return {
    ...(layers as Record<'spatial' | 'project', UnpackedLayer>),
    ...(responseNorm === null
      ? {}
      : {responseNorm: {scale: params.slice(responseNorm, responseNorm + spec.hiddenChannels)}}),
  };
}

function unpackLayer(section: LayerSection, params: Float32Array): UnpackedLayer {
  const {depth, outputs, bias, slopes} = section;
  const weights = new Float32Array(depth * outputs);
  for (let input = 0; input < depth; input++)
    for (let n = 0; n < outputs; n++)
      weights[input * outputs + n] = params[packedRow(section, input, n - (n % PANEL)) + (n % PANEL)]!;
  return {
    weights,
    bias: params.slice(bias, bias + outputs),
    ...(slopes === null ? {} : {slopes: params.slice(slopes, slopes + outputs)}),
  };
}

/** Returns where a row of a panel begins in params. */
export function packedRow({weights, depth}: LayerSection, input: number, output: number): number {
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
