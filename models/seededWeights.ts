/**
 * Random weights in place of trained ones, at scales at which every layer matters and no activation explodes. Each is drawn
 * from a stream of its own, named by layer and kind: so a network computes the same in every spelling.
 */

/** Makes the values of a weight when they are wanted. */
export type Draw = () => Float32Array;

export interface KernelFields {
  readonly length: number;
  /** Inputs that one output sums over. */
  readonly fanIn: number;
  /** Standard deviation of the layer's output for inputs of standard deviation 1. */
  readonly gain?: number;
}

export interface Weights {
  /** A convolution's or dense layer's weights. */
  kernel(layer: string, fields: KernelFields): Draw;
  /** Small and signed. */
  bias(layer: string, length: number): Draw;
  /** A norm's scale: around 1, never near 0. */
  normScale(layer: string, length: number): Draw;
  /** ConvNeXt's layer scale: small enough for a deep network, large enough that a lost block is seen. */
  layerScale(layer: string, length: number): Draw;
}

/** Returns the weights that belong to this seed. */
export function seededWeights(seed: number): Weights {
  const draw = (stream: string, length: number, {mean, deviation}: {mean: number; deviation: number}): Draw => {
    return () => {
      const next = uniform(`${seed}/${stream}`);
      const spread = deviation * Math.sqrt(12);
      const values = new Float32Array(length);
      for (let i = 0; i < length; i++) values[i] = mean + (next() - 0.5) * spread;
      return values;
    };
  };
  return {
    kernel: (layer, {length, fanIn, gain = 1}) =>
      draw(`${layer}/kernel`, length, {mean: 0, deviation: gain / Math.sqrt(fanIn)}),
    bias: (layer, length) => draw(`${layer}/bias`, length, {mean: 0, deviation: 0.1}),
    normScale: (layer, length) => draw(`${layer}/scale`, length, {mean: 1, deviation: 0.2}),
    layerScale: (layer, length) => draw(`${layer}/layerScale`, length, {mean: 0.3, deviation: 0.1}),
  };
}

/** By itself: where tests run, looking up a global takes longer than all the rest of a number. */
const {imul} = Math;

/** Returns a generator of uniform numbers in [0, 1), its start an FNV-1a hash of the stream's name. */
function uniform(stream: string): () => number {
  let state = 0x811c9dc5;
  for (const character of stream) state = imul(state ^ character.charCodeAt(0), 0x01000193);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
