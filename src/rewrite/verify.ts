/**
 * Phase 6 of the rewrite: a graph is well formed, and each fused block computes what the nodes that it replaced compute. Both
 * sides run on tfjs's cpu backend, so no kernel under test is its own judge, and no other backend is needed.
 */
import type {io, Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';

import {decodeBlockAttrs, decodePrecision, FUSED_RESIDUAL_BLOCK, readRawBlockAttrs} from '../../ops/attrs.ts';
import type {BlockSpec} from '../../ops/block.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {paramsForm, paramsLayout} from '../../ops/params.ts';
import {stockResidualBlock} from '../../ops/reference/stock.ts';
import {createGraph, type Graph, type GraphNode, type Value} from '../graph/graph.ts';
import type {NodeDef} from '../graph/graphDef.ts';
import {createShapes} from '../graph/shapes.ts';
import {storageOf, type Weights, type WeightSpec, wholeBuffer} from '../graph/weights.ts';
import {OWN_TFJS, type Tfjs} from '../tfjs.ts';
import {inputName} from './edits.ts';
import {legalizeArtifacts} from './legalize.ts';

/** What verification found of one block. */
export interface BlockCheck {
  readonly name: string;
  /** Worst difference; NaN equals NaN alone. */
  readonly maxError: number;
  readonly tolerance: number;
  /** Why the block must be left alone; null where it is within its tolerance. */
  readonly reason: string | null;
}

export interface VerifyOptions {
  /** Of the model's first input, where a block must be run at the model's own size and the model leaves that open. */
  readonly inputShape?: readonly number[] | undefined;
  readonly seed?: number | undefined;
  readonly tf?: Tfjs | undefined;
  /** Told each block's name before it is run. */
  readonly onBlock?: ((name: string) => void) | undefined;
}

/** A fused node, read. */
interface FusedNode {
  readonly name: string;
  readonly spec: BlockSpec;
  /** The input name of x. */
  readonly x: string;
  readonly params: WeightSpec;
}

/**
 * Checks that a model is well formed: every name once, every input and output there, no cycle, every weight of the length
 * that the manifest says, every fused node's attrs and params its own.
 * Throws: `invalid-model`, `unsupported-model`, `invalid-spec`, `invalid-params`.
 */
export function checkGraph(artifacts: io.ModelArtifacts): void {
  const graph = createGraph(artifacts);
  for (const entry of [graph.signature?.inputs, graph.signature?.outputs].flatMap((side) => Object.values(side ?? {})))
    if (entry.name !== undefined && graph.value(entry.name) === undefined)
      throw new BlockFusionError('invalid-model', {
        where: 'signature',
        must: 'every input and output must name a node of the graph',
        got: entry.name,
        fix: 'convert the model again',
      });
  fusedNodes(graph);
}

function fusedNodes(graph: Graph): FusedNode[] {
  return graph.nodes.filter(({op}) => op === FUSED_RESIDUAL_BLOCK).map((node) => readFusedNode(node, graph));
}

function readFusedNode({name, def, inputs}: GraphNode, graph: Graph): FusedNode {
  const attrs = readRawBlockAttrs(def.attr ?? {});
  const spec = decodeBlockAttrs(attrs);
  const [x, paramsValue] = inputs;
  const params = paramsValue && graph.weights.spec(paramsValue.node.name);
  const {dtype, length} = paramsForm(spec, decodePrecision(attrs));
  if (x === undefined || params?.dtype !== dtype || params.shape.join() !== String(length))
    throw new BlockFusionError('invalid-params', {
      where: `modelTopology: ${name}`,
      must: `a ${FUSED_RESIDUAL_BLOCK} must read x and a constant ${dtype} vector of length ${length}`,
      got: params ? `${params.dtype} [${params.shape.join()}]` : 'none that is in the manifest',
      fix: 'fuse the original model again',
    });
  return {name, spec, x: inputName(x), params};
}

/**
 * Runs every block of the fused model against the legalized form of the nodes of the original that it stands for, on seeded
 * random input: on a small image, where every tap of the kernel meets a pixel, or at the model's own size where constant
 * shapes in the graph want that.
 * Throws: `missing-dependency` where the cpu backend is not registered, and as checkGraph does.
 */
export async function verifyBlocks(
  original: io.ModelArtifacts,
  fused: io.ModelArtifacts,
  {tf = OWN_TFJS, inputShape, seed = 1, onBlock}: VerifyOptions = {},
): Promise<BlockCheck[]> {
  const graph = createGraph(original);
  const fusedGraph = createGraph(fused);
  const blocks = fusedNodes(fusedGraph).filter(({name}) => graph.node(name)?.op !== FUSED_RESIDUAL_BLOCK);
  const fullSize = once(() => runOnCpu(tf, () => imagesAtFullSize(tf, {graph, blocks, inputShape, seed})));
  const checks: BlockCheck[] = [];
  for (const block of blocks) {
    onBlock?.(block.name);
    await tf.nextFrame();
    checks.push(checkBlock(tf, {graph, block, weights: fusedGraph.weights, seed, fullSize}));
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
function runOnCpu<T>(tf: Tfjs, work: () => T): T {
  if ((tf.findBackendFactory('cpu') as unknown) === null)
    throw new BlockFusionError('missing-dependency', {
      where: 'verify',
      must: 'the cpu backend must be registered',
      got: 'none',
      fix: "install and import '@tensorflow/tfjs-backend-cpu'",
    });
  const before = tf.getBackend();
  void tf.setBackend('cpu');
  try {
    return work();
  } finally {
    void tf.setBackend(before);
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

function checkBlock(tf: Tfjs, {graph, block, weights, seed, fullSize}: Checking): BlockCheck {
  const failed = (reason: string): BlockCheck => ({name: block.name, maxError: Infinity, tolerance: 0, reason});
  try {
    const replaced = legalizeArtifacts(extractBlock(graph, block)).artifacts;
    const params = weights.constant(block.params.name)!.data as Float32Array;
    const compare = (image: Image): BlockCheck => runOnCpu(tf, () => compareOn(tf, {image, block, params, replaced}));
    try {
      return compare(smallImage(tf, block.spec, seed));
    } catch {
      const image = fullSize().get(block.x);
      return image === undefined ? failed('its input could not be computed') : compare(image);
    }
  } catch (cause) {
    if (cause instanceof BlockFusionError && cause.code === 'missing-dependency') throw cause;
    return failed(`cannot be run: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

const PLACEHOLDER = 'block_input';

/** The nodes between a block's input and its root, as a model of their own: its one input is the block's. */
function extractBlock(graph: Graph, {name, x, spec}: FusedNode): io.ModelArtifacts {
  const input = graph.value(x);
  const root = graph.value(name);
  if (input === undefined || root === undefined)
    throw new BlockFusionError('invalid-model', {
      where: `verify: ${name}`,
      must: 'root and input must be in the original graph',
      got: input === undefined ? x : name,
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
function smallImage(tf: Tfjs, {inChannels, kernelSize, padding, stride}: BlockSpec, seed: number): Image {
  const slack = (kernel: number, sides: readonly number[]): number =>
    padding === 'valid' ? 0 : padding === 'same' ? (kernel - 1) >> 1 : Math.min(...sides);
  const sides = typeof padding === 'string' ? null : padding;
  const rows = kernelSize[0] - slack(kernelSize[0], [sides?.top ?? 0, sides?.bottom ?? 0]);
  const columns = kernelSize[1] - slack(kernelSize[1], [sides?.left ?? 0, sides?.right ?? 0]);
  const shape: Image['shape'] = [1, rows + stride, columns + 2 * stride + 1, inChannels];
  const scales = Array.from({length: shape[2]}, (_, column) => 4 ** ((2 * column) / (shape[2] - 1) - 1));
  const data = runOnCpu(tf, () =>
    tf.tidy(() => {
      const uniform = tf.randomUniform(shape, -1, 1, 'float32', seed);
      return readNow(tf.mul(uniform, tf.tensor(scales, [1, 1, shape[2], 1])));
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

function compareOn(tf: Tfjs, {image, block, params, replaced}: Comparing): BlockCheck {
  const {name, spec} = block;
  const [got, expected] = tf.tidy(() => {
    const x: Tensor4D = tf.tensor4d(image.data, image.shape);
    const weights: Tensor1D = tf.tensor1d(params);
    const model = tf.loadGraphModelSync(replaced);
    const y = model.execute({[model.inputs[0]!.name]: x}, name) as Tensor4D;
    return [readNow(stockResidualBlock(tf, x, weights, spec)), readNow(y)] as const;
  });
  const tolerance = toleranceOf(block, largest(expected));
  const maxError = worstError(got, expected);
  const reason = maxError <= tolerance ? null : `differs by ${maxError}, more than the tolerance ${tolerance}`;
  return {name, maxError, tolerance, reason};
}

const FLOAT32_ROUNDING = 2 ** -24;
const FLOAT16_ROUNDING = 2 ** -11;
/** Roundings of random sign add up as the root of their number; the worst of many outputs lies a few deviations out. */
const DEVIATIONS = 3;

/** Grows with the root of the accumulation depth; with float16 params each weight is rounded once more. */
function toleranceOf({spec, params}: FusedNode, scale: number): number {
  const depth = paramsLayout(spec).sections.reduce((sum, section) => sum + section.depth, 0);
  const storage = storageOf(params) === 'float16' ? FLOAT16_ROUNDING : 0;
  return DEVIATIONS * scale * (FLOAT32_ROUNDING * Math.sqrt(depth) + storage);
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
function imagesAtFullSize(tf: Tfjs, {graph, blocks, inputShape, seed}: FullSize): Map<string, Image> {
  const shapes = createShapes(graph);
  const shapeOf = (value: Value, i: number): number[] => {
    const stated = shapes.shape(value)?.map((size) => (typeof size === 'number' ? size : 1)) ?? [];
    return i === 0 && inputShape !== undefined ? [...inputShape] : stated;
  };
  const names = [...new Set(blocks.map(({x}) => x))];
  const images = new Map<string, Image>();
  tf.tidy(() => {
    const model = tf.loadGraphModelSync(legalizeArtifacts(graph.artifacts).artifacts);
    const inputs = graph.inputs.map((value, i) => [
      value.node.name,
      tf.randomUniform(shapeOf(value, i), -1, 1, 'float32', seed + i),
    ]);
    const outputs = [model.execute(Object.fromEntries(inputs) as Record<string, Tensor4D>, names)].flat();
    outputs.forEach((x, i) => images.set(names[i]!, {data: readNow(x), shape: x.shape as Image['shape']}));
  });
  return images;
}
