/** Folding and packing by JavaScript and by the kernel module, on every SIMD level, against loops in float64: the same bits. */
import type {BlockSpec} from '../../ops/block.ts';
import {blockSpec} from '../../ops/block.ts';
import {
  type FoldedBlock,
  type FoldedLayer,
  type PackPanels,
  packPanelsInJs,
  packParamsInto,
  unpackParams,
} from '../../ops/packParams.ts';
import {FLOAT_BYTES, paramsLayout} from '../../ops/params.ts';
import {hasSimd} from '../../ops/wasm/detect.ts';
import {instantiateKernels} from '../../ops/wasm/module.ts';
import {PACK_SCRATCH_BYTES, panelPacker} from '../../ops/wasm/packWeights.ts';
import {randomFloats} from '../helpers/random.ts';

const PAGE_BYTES = 65536;
const GUARD = 1234.5;
const GUARDS = 16;

interface Packer {
  readonly name: string;
  /** Returns memory of this many floats, and what packs into it. */
  readonly make: (length: number) => {memory: Float32Array; packPanels: PackPanels};
}

const inJs: Packer = {
  name: 'JavaScript',
  make: (length) => ({memory: new Float32Array(length), packPanels: packPanelsInJs}),
};

const levels = (['simd', 'relaxed-simd'] as const).filter(hasSimd);
const byModule = levels.map((level): Packer => {
  const make = (length: number) => {
    const pages = Math.ceil((PACK_SCRATCH_BYTES + length * FLOAT_BYTES) / PAGE_BYTES);
    const wasm = new WebAssembly.Memory({initial: pages});
    const memory = new Float32Array(wasm.buffer, PACK_SCRATCH_BYTES, length);
    return {memory, packPanels: panelPacker(instantiateKernels(wasm, level), wasm.buffer, 0)};
  };
  return {name: level, make};
});

/** Around a panel; rows that pass through scratch in several strips; a row that is longer than scratch. */
const WIDTHS: readonly (readonly [inChannels: number, hiddenChannels: number])[] = [
  [1, 1],
  [7, 9],
  [8, 16],
  [9, 24],
  [33, 17],
  [40, 4096],
  [2, 30000],
];

const block = (inChannels: number, hiddenChannels: number): BlockSpec =>
  blockSpec({
    ...{order: 'conv-first', inChannels, hiddenChannels, outChannels: inChannels, kernelSize: [3, 3], stride: 1},
    ...{padding: 'same', groupWidth: 1, layerNormEpsilon: null},
    ...{spatialActivation: 'linear', hiddenActivation: 'relu', residual: true},
  });

let seed = 0;
const factors = (length: number): Float64Array => Float64Array.from(randomFloats(length, {seed: ++seed}));

type WholeLayer = FoldedLayer & {readonly weights: Float32Array};

/** A layer with every factor; each third shift is zero, and there an infinite weight stands. */
function folded(depth: number, outputs: number): WholeLayer {
  const weights = randomFloats(depth * outputs, {seed: ++seed});
  const inputShift = factors(depth).map((shift, input) => (input % 3 === 0 ? 0 : shift));
  weights[outputs - 1] = Infinity;
  return {
    weights,
    bias: factors(outputs),
    inputScale: factors(depth),
    inputShift,
    outputScale: factors(outputs),
  };
}

/** The weights and biases that the layer comes to. */
function expected({weights, bias, inputScale, inputShift, outputScale}: WholeLayer) {
  const outputs = bias!.length;
  const sums = new Float64Array(outputs);
  const scaled = weights.map((weight, at) => {
    const [input, output] = [Math.floor(at / outputs), at % outputs];
    if (inputShift![input] !== 0) sums[output]! += weight * inputShift![input]!;
    return weight * inputScale![input]! * outputScale![output]!;
  });
  return {weights: scaled, bias: Float32Array.from(sums, (sum, n) => sum * outputScale![n]! + bias![n]!)};
}

/** The same weights in pieces that end within rows. */
function inPieces(layer: WholeLayer): FoldedLayer {
  const {weights} = layer;
  const cuts = [0, Math.ceil(weights.length / 3), Math.ceil(weights.length / 2), weights.length];
  return {...layer, weights: cuts.slice(1).map((end, i) => weights.subarray(cuts[i], end))};
}

describe.each([inJs, ...byModule])('packing by $name', ({make}) => {
  function packed(spec: BlockSpec, layers: FoldedBlock) {
    const {length} = paramsLayout(spec);
    const {memory, packPanels} = make(GUARDS + length + GUARDS);
    memory
      .fill(GUARD, 0, GUARDS)
      .fill(NaN, GUARDS, GUARDS + length)
      .fill(GUARD, GUARDS + length);
    packParamsInto(memory.subarray(GUARDS, GUARDS + length), spec, layers, packPanels);
    const guards = [...memory.subarray(0, GUARDS), ...memory.subarray(GUARDS + length)];
    expect(new Set(guards)).toEqual(new Set([GUARD]));
    return unpackParams(spec, memory.slice(GUARDS, GUARDS + length));
  }

  it.each(WIDTHS)('%i to %i channels and back', (inChannels, hiddenChannels) => {
    const spec = block(inChannels, hiddenChannels);
    const layers = {
      spatial: folded(9, inChannels),
      expand: folded(inChannels, hiddenChannels),
      project: folded(hiddenChannels, inChannels),
    };
    const pieces = {...layers, expand: inPieces(layers.expand), project: inPieces(layers.project)};
    for (const each of [layers, pieces]) {
      const found = packed(spec, each);
      for (const name of ['spatial', 'expand', 'project'] as const) {
        const {weights, bias} = expected(layers[name]);
        // As bytes: jest takes thousands of numbers apart slowly.
        expect(Buffer.from(found[name]!.weights.buffer).equals(Buffer.from(weights.buffer))).toBe(true);
        expect(found[name]!.bias).toEqual(bias);
      }
    }
  });
});
