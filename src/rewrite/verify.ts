/**
 * Phase 6 of the rewrite: each fused block computes what the nodes that it replaced compute. Both sides run on tfjs's cpu backend,
 * so no kernel under test is its own judge, and no other backend is needed. Loaded when it is asked for.
 */
import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import type {io, Tensor4D} from '@tensorflow/tfjs-core';
import {
  findBackendFactory,
  getBackend,
  mul,
  nextFrame,
  randomUniform,
  setBackend,
  tensor,
  tensor1d,
  tensor4d,
  tidy,
} from '@tensorflow/tfjs-core';

import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {type BlockSpec, isGlobal} from '../../ops/block.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {paramsLayout} from '../../ops/params.ts';
import {stockResidualBlock} from '../../ops/reference/stock.ts';
import {sizeOf} from '../graph/dims.ts';
import {type Graph, type GraphNode, inputName, type Value, writeArtifacts} from '../graph/graph.ts';
import type {NodeDef} from '../graph/graphDef.ts';
import {createShapes} from '../graph/shapes.ts';
import {storageOf, type Weights, wholeBuffer} from '../graph/weights.ts';
import {legalizeArtifacts} from './legalize.ts';
import type {BlockCheck} from './report.ts';
import {type FusedNode, fusedNodes} from './wellFormed.ts';

export interface VerifyOptions {
  /** Of the model's first input, where a block must be run at the model's own size and the model leaves that open. */
  readonly inputShape?: readonly number[] | undefined;
  readonly seed?: number | undefined;
  /** Names of the blocks to run; all where it is undefined. */
  readonly only?: ReadonlySet<string> | undefined;
}

/**
 * Runs every block of the fused model against the legalized form of the nodes of the original that it stands for, on seeded
 * random input: on a small image, where every tap of the kernel meets a pixel, or at the model's own size where constant
 * shapes in the graph want that.
 * Throws: `missing-dependency` where the cpu backend is not registered, and as checkGraph does.
 */
export async function verifyBlocks(
  graph: Graph,
  fused: Graph,
  {inputShape, seed = 1, only}: VerifyOptions = {},
): Promise<BlockCheck[]> {
  const blocks = fusedNodes(fused).filter(
    ({name}) => graph.node(name)?.op !== FUSED_RESIDUAL_BLOCK && only?.has(name) !== false,
  );
  const fullSize = once(() => runOnCpu(() => imagesAtFullSize({graph, blocks, inputShape, seed})));
  const checks: BlockCheck[] = [];
  for (const block of blocks) {
    await nextFrame();
    checks.push(checkBlock({graph, block, weights: fused.weights, seed, fullSize}));
  }
  return checks;
}

function once<T>(make: () => T): () => T {
  let made: {value: T} | undefined;
  return () => (made ??= {value: make()}).value;
}

/**
 * Runs `work` with cpu as the backend. Both switches are over before setBackend returns its promise, since neither backend is
 * made asynchronously: nothing else can run in between and find itself on cpu.
 */
function runOnCpu<T>(work: () => T): T {
  if ((findBackendFactory('cpu') as unknown) === null)
    throw new BlockFusionError('missing-dependency', {
      where: 'verify',
      must: 'the cpu backend must be registered',
      got: 'none',
      fix: "install and import '@tensorflow/tfjs-backend-cpu'",
    });
  const before = getBackend();
  void setBackend('cpu');
  try {
    return work();
  } finally {
    void setBackend(before);
  }
}

/** A block's input. Shapes: `[n, h, w, c]`. */
interface Image {
  readonly data: Float32Array;
  readonly shape: [number, number, number, number];
}

interface Checking {
  readonly graph: Graph;
  readonly block: FusedNode;
  /** Those of the fused model. */
  readonly weights: Weights;
  readonly seed: number;
  /** The blocks' inputs in one run of the whole model, by name of the value. */
  readonly fullSize: () => ReadonlyMap<string, Image>;
}

function checkBlock({graph, block, weights, seed, fullSize}: Checking): BlockCheck {
  const failed = (reason: string): BlockCheck => ({name: block.name, maxError: Infinity, tolerance: 0, reason});
  try {
    const replaced = legalizeArtifacts(extractBlock(graph, block)).artifacts;
    const params = weights.constant(block.params.name)!.data as Float32Array;
    const compare = (image: Image): BlockCheck => runOnCpu(() => compareOn({image, block, params, replaced}));
    const check = onSmallImage(() => compare(smallImage(block.spec, seed)), block.spec);
    if (check !== null) return check;
    const image = fullSize().get(inputName(block.x));
    return image === undefined ? failed('its input could not be computed') : compare(image);
  } catch (cause) {
    if (cause instanceof BlockFusionError && cause.code === 'missing-dependency') throw cause;
    return failed(`cannot be run: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Null where the check wants the model's own size: the nodes do not run, or divide a sum over the image by its number of pixels. */
function onSmallImage(check: () => BlockCheck, spec: BlockSpec): BlockCheck | null {
  try {
    const result = check();
    return result.reason !== null && isGlobal(spec) ? null : result;
  } catch {
    return null;
  }
}

const PLACEHOLDER = 'block_input';

/** The nodes between a block's input and its root, as a model of their own: its one input is the block's. */
function extractBlock(graph: Graph, {name, x, spec}: FusedNode): io.ModelArtifacts {
  const input = graph.value(inputName(x));
  const root = graph.value(name);
  if (input === undefined || root === undefined)
    throw new BlockFusionError('invalid-model', {
      where: `verify: ${name}`,
      must: 'root and input must be in the original graph',
      got: input === undefined ? inputName(x) : name,
      fix: 'give the model that was fused',
    });
  const placeholder = graph.node(PLACEHOLDER) === undefined ? PLACEHOLDER : `${name}/${PLACEHOLDER}`;
  const dims = [-1, -1, -1, spec.inChannels].map((size) => ({size}));
  const node: NodeDef[] = [
    {name: placeholder, op: 'Placeholder', attr: {dtype: {type: 'DT_FLOAT'}, shape: {shape: {dim: dims}}}},
  ];
  const nameOf = (value: Value): string => (value === input ? placeholder : inputName(value));
  const seen = new Set<GraphNode>();
  const open = [root.node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    node.push({...next.def, input: next.inputs.map(nameOf)});
    open.push(...next.inputs.filter((value) => value !== input).map((value) => value.node));
  }
  const names = node.filter(({op}) => op === 'Const').map((def) => def.name);
  return {
    format: 'graph-model',
    modelTopology: {...graph.def, node},
    weightSpecs: names.map((weight) => graph.weights.spec(weight)!),
    weightData: names.map((weight) => wholeBuffer(graph.weights.bytes(weight))),
  };
}

/**
 * The least image in which every tap of the kernel meets a pixel somewhere, its height unlike its width. Its columns go from
 * ±1/4 to ±4: small numbers tell a LayerNorm's epsilon, large ones an activation that saturates.
 */
function smallImage({inChannels, kernelSize, padding, stride}: BlockSpec, seed: number): Image {
  const slack = (kernel: number, sides: readonly number[]): number =>
    padding === 'valid' ? 0 : padding === 'same' ? (kernel - 1) >> 1 : Math.min(...sides);
  const sides = typeof padding === 'string' ? null : padding;
  const rows = kernelSize[0] - slack(kernelSize[0], [sides?.top ?? 0, sides?.bottom ?? 0]);
  const columns = kernelSize[1] - slack(kernelSize[1], [sides?.left ?? 0, sides?.right ?? 0]);
  const shape: Image['shape'] = [1, rows + stride, columns + 2 * stride + 1, inChannels];
  const scales = Array.from({length: shape[2]}, (_, column) => 4 ** ((2 * column) / (shape[2] - 1) - 1));
  const data = runOnCpu(() =>
    tidy(() => {
      const uniform = randomUniform(shape, -1, 1, 'float32', seed);
      return readNow(mul(uniform, tensor(scales, [1, 1, shape[2], 1])));
    }),
  );
  return {shape, data};
}

interface Comparing {
  readonly image: Image;
  readonly block: FusedNode;
  readonly params: Float32Array;
  /** The nodes that the block stands for, as a model. */
  readonly replaced: io.ModelArtifacts;
}

function compareOn({image, block, params, replaced}: Comparing): BlockCheck {
  const {name, spec} = block;
  const [got, expected] = tidy(() => {
    const x: Tensor4D = tensor4d(image.data, image.shape);
    const weights = tensor1d(params);
    const model = loadGraphModelSync(replaced);
    const y = model.execute({[model.inputs[0]!.name]: x}, name) as Tensor4D;
    return [readNow(stockResidualBlock(x, weights, spec)), readNow(y)] as const;
  });
  const tolerance = toleranceOf(block, image, largest(expected));
  const maxError = worstError(got, expected);
  const reason = maxError <= tolerance ? null : `differs by ${maxError}, more than the tolerance ${tolerance}`;
  return {name, maxError, tolerance, reason};
}

const FLOAT32_ROUNDING = 2 ** -24;
const FLOAT16_ROUNDING = 2 ** -11;
/** Roundings of random sign add up as the root of their number; the worst of many outputs lies a few deviations out. */
const DEVIATIONS = 3;

/**
 * Grows with the root of the accumulation depth, that of means over the image included. Params in float16 are allowed what one rounding of the model's own weights makes:
 * no more than it makes of a weight, since over many weights it evens out.
 */
function toleranceOf({spec, params}: FusedNode, {shape: [, height, width]}: Image, scale: number): number {
  const overPixels = isGlobal(spec) ? height * width : 0;
  const depth = paramsLayout(spec).sections.reduce((sum, section) => sum + section.depth, overPixels);
  const storage = storageOf(params) === 'float16' ? FLOAT16_ROUNDING : 0;
  return scale * (DEVIATIONS * FLOAT32_ROUNDING * Math.sqrt(depth) + storage);
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
}

function worstError(got: Float32Array, expected: Float32Array): number {
  if (got.length !== expected.length) return Infinity;
  return expected.reduce((worst, value, i) => {
    if (Object.is(got[i], value) || got[i] === value) return worst;
    const error = Math.abs(got[i]! - value);
    return Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }, 0);
}

/** On cpu reading waits for nothing. */
function readNow(tensor: {dataSync(): unknown}): Float32Array {
  return tensor.dataSync() as Float32Array;
}

interface FullSize {
  readonly graph: Graph;
  readonly blocks: readonly FusedNode[];
  readonly inputShape: readonly number[] | undefined;
  readonly seed: number;
}

/** Runs the legalized model once; sizes that neither it nor `inputShape` says are taken as 1. */
function imagesAtFullSize({graph, blocks, inputShape, seed}: FullSize): Map<string, Image> {
  const shapes = createShapes(graph);
  const shapeOf = (value: Value, i: number): number[] => {
    const stated = shapes.shape(value)?.map((size) => sizeOf(size) ?? 1) ?? [];
    return i === 0 && inputShape !== undefined ? [...inputShape] : stated;
  };
  const names = [...new Set(blocks.map(({x}) => inputName(x)))];
  const images = new Map<string, Image>();
  tidy(() => {
    const model = loadGraphModelSync(legalizeArtifacts(writeArtifacts(graph)).artifacts);
    const inputs = graph.inputs.map((value, i) => [
      value.node.name,
      randomUniform(shapeOf(value, i), -1, 1, 'float32', seed + i),
    ]);
    const outputs = [model.execute(Object.fromEntries(inputs) as Record<string, Tensor4D>, names)].flat();
    outputs.forEach((x, i) => images.set(names[i]!, {data: readNow(x), shape: x.shape as Image['shape']}));
  });
  return images;
}
