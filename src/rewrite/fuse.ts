/** The rewrite, top to bottom: a graph in, a graph and what was found out. */
import type {io} from '@tensorflow/tfjs-core';

import {BlockFusionError} from '../../ops/errors.ts';
import {float16Refusal} from '../../ops/float16Params.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import {type BlockMatch, findBlocks} from '../blocks/match.ts';
import {createGraph, type Graph, writeArtifacts} from '../graph/graph.ts';
import {firstInput, statedShape} from '../graph/inputs.ts';
import {createShapes, imageSize, type Shapes} from '../graph/shapes.ts';
import {readWeightData} from '../graph/weights.ts';
import {createParts} from '../parts/lift.ts';
import {emitBlocks, type EmittedBlock, paramsOf} from './emit.ts';
import {legalize} from './legalize.ts';
import {checkFuseOptions, type FuseOptions} from './options.ts';
import {type Fusion, type FusionReport, reportOf} from './report.ts';
import type {BlockCheck} from './verify.ts';
import {checkGraph} from './wellFormed.ts';

export interface FusedModel {
  readonly artifacts: io.ModelArtifacts;
  readonly report: FusionReport;
}

/**
 * Returns the model with its residual blocks fused, and what stock tfjs cannot run spelled so that it can. The artifacts given
 * are not changed. A model with nothing to do comes out as it is, its weights in `weightData`.
 * Throws: `unsupported-model` for a LayersModel, `invalid-model` where artifacts are broken, `invalid-option`.
 */
export async function fuseModelArtifacts(artifacts: io.ModelArtifacts, options: FuseOptions = {}): Promise<FusedModel> {
  checkFuseOptions('fuseModelArtifacts', options);
  const {graph, fusion} = await fuseGraph(createGraph(await readWeightData(artifacts)), options);
  return {artifacts: writeArtifacts(graph), report: reportOf(fusion)};
}

/** A rewritten graph, and what a report of it is made of. */
export interface FusedGraph {
  readonly graph: Graph;
  /** Of the graph before and after: values keep their names. */
  readonly shapes: Shapes;
  readonly fusion: Fusion;
}

/**
 * Returns the graph with its residual blocks fused and the rest legalized: the phases in order.
 * Throws: `invalid-option`.
 */
export async function fuseGraph(graph: Graph, options: FuseOptions = {}): Promise<FusedGraph> {
  checkNames(graph, options);
  checkInputShape(graph, options);
  const shapes = createShapes(graph, inputShapes(graph, options));
  const {blocks, misses} = await findBlocks(createParts(graph, shapes), options);
  const {chosen, left} = await chooseBlocks(blocks, shapes, options);
  const refusals = float16Refusals(chosen, options);
  const wanted = chosen.map((match) => ({match, inFloat16: isRounded(match, options) && !refusals.has(match)}));
  const {emitted, checks, inFloat32} = await checkBlocks(graph, shapes, wanted, options);
  const wrong = checks.filter(({reason}) => reason !== null);
  const right = emitted.filter(({match}) => wrong.every(({name}) => name !== match.root.name));
  const result = rewrite(graph, shapes, right, options);
  return {
    graph: result.graph,
    shapes,
    fusion: {
      blocks: right.map(({match, inFloat16}) => ({match, inFloat16, size: imageSize(shapes.shape(match.x))})),
      left: [...left, ...wrong.map(({name, reason, maxError}) => ({name, reason: reason!, maxError}))],
      ...{misses, legalized: result.legalized, checks},
      inFloat32: [...Array.from(refusals, ([{root}, reason]) => ({name: root.name, reason})), ...inFloat32],
    },
  };
}

/** Returns the graph with these blocks emitted and the rest legalized. */
function rewrite(
  graph: Graph,
  shapes: Shapes,
  blocks: readonly EmittedBlock[],
  {keepNodes}: FuseOptions,
): ReturnType<typeof legalize> {
  const legal = legalize(emitBlocks(graph, blocks, keepNodes), shapes, {exclude: keepNodes});
  checkGraph(legal.graph);
  return legal;
}

/** By the names of placeholders. */
function inputShapes(graph: Graph, {inputShape}: FuseOptions): ReadonlyMap<string, readonly number[]> {
  const first = firstInput(graph);
  return new Map(first === null || inputShape === undefined ? [] : [[first.name, inputShape]]);
}

interface ChosenBlocks {
  readonly chosen: readonly BlockMatch[];
  readonly left: Fusion['left'];
}

async function chooseBlocks(
  blocks: readonly BlockMatch[],
  shapes: Shapes,
  {exclude = [], blocks: which, backend = 'wasm'}: FuseOptions,
): Promise<ChosenBlocks> {
  const chosen: BlockMatch[] = [];
  const left: {name: string; reason: string}[] = [];
  for (const block of blocks) {
    const {name} = block.root;
    const slower = which === 'when-faster' ? await reasonToLeave(block, shapes, backend) : null;
    const reason = exclude.includes(name) ? 'excluded' : slower;
    if (reason === null) chosen.push(block);
    else left.push({name, reason});
  }
  return {chosen, left};
}

/** Returns why a block is left alone for speed; where the size of its input is not known, it is fused. */
async function reasonToLeave({x, spec}: BlockMatch, shapes: Shapes, backend: string): Promise<string | null> {
  const size = imageSize(shapes.shape(x));
  if (size === null) return null;
  const kernel = blockKernelOf(backend);
  return kernel?.reasonNotToFuse({spec, size}) ?? `there is no fused kernel for backend ${backend}`;
}

/** Whether a block's params are to be stored as float16. */
function isRounded({isQuantized}: BlockMatch, {storage = 'float32'}: FuseOptions): boolean {
  return storage === 'keep' ? isQuantized : storage === 'float16';
}

/** Of blocks that are to be in float16, what float16 does not hold. */
function float16Refusals(blocks: readonly BlockMatch[], options: FuseOptions): ReadonlyMap<BlockMatch, string> {
  const refusals = new Map<BlockMatch, string>();
  for (const block of blocks) {
    const reason = isRounded(block, options) ? float16Refusal(block.spec, paramsOf(block)) : null;
    if (reason !== null) refusals.set(block, reason);
  }
  return refusals;
}

interface CheckedBlocks {
  readonly emitted: readonly EmittedBlock[];
  readonly checks: readonly BlockCheck[];
  readonly inFloat32: Fusion['inFloat32'];
}

/**
 * Runs the blocks where that is asked for. With storage 'keep' those in float16 are run in any case: one that is further off than one
 * rounding of its weights makes it is stored in float32, and run again.
 */
async function checkBlocks(
  graph: Graph,
  shapes: Shapes,
  blocks: readonly EmittedBlock[],
  options: FuseOptions,
): Promise<CheckedBlocks> {
  const {verify = false, storage, inputShape} = options;
  const check = async (emitted: readonly EmittedBlock[], only: readonly EmittedBlock[]): Promise<BlockCheck[]> => {
    if (only.length === 0) return [];
    const {verifyBlocks} = await import('./verify.ts');
    const names = new Set(only.map(({match}) => match.root.name));
    return verifyBlocks(graph, rewrite(graph, shapes, emitted, options).graph, {inputShape, only: names});
  };
  const inFloat16 = blocks.filter((block) => block.inFloat16);
  const checks = await check(blocks, verify ? blocks : storage === 'keep' ? inFloat16 : []);
  if (storage !== 'keep') return {emitted: blocks, checks, inFloat32: []};

  const failed = new Map(checks.flatMap((each) => (each.reason === null ? [] : [[each.name, each.reason]])));
  const isTooFar = ({match, inFloat16: rounded}: EmittedBlock): boolean => rounded && failed.has(match.root.name);
  const emitted = blocks.map((block) => (isTooFar(block) ? {...block, inFloat16: false} : block));
  const retried = blocks.filter(isTooFar);
  const again = await check(
    emitted,
    retried.map((block) => ({...block, inFloat16: false})),
  );
  const isRetried = ({name}: BlockCheck): boolean => retried.some(({match}) => match.root.name === name);
  return {
    emitted,
    checks: [...checks.filter((each) => !isRetried(each)), ...again],
    inFloat32: retried.map(({match: {root}}) => ({name: root.name, reason: `in float16 it ${failed.get(root.name)!}`})),
  };
}

function checkNames(graph: Graph, {exclude = [], keepNodes = []}: FuseOptions): void {
  const unknown = [...exclude, ...keepNodes].find((name) => graph.node(name) === undefined);
  if (unknown === undefined) return;
  throw new BlockFusionError('invalid-option', {
    where: 'fuseModelArtifacts',
    must: 'exclude and keepNodes must name nodes of the model',
    got: unknown,
    fix: "use the names that the report or the CLI's inspect gives",
  });
}

/** Sizes that the model leaves open may be anything; those that it states may not. */
function checkInputShape(graph: Graph, {inputShape}: FuseOptions): void {
  const first = firstInput(graph);
  const stated = first && statedShape(graph, first);
  if (!stated || inputShape === undefined) return;
  const fits = (size: number | undefined, i: number): boolean => size === stated[i] || stated[i] === -1;
  if (inputShape.length === stated.length && inputShape.every(fits)) return;
  throw new BlockFusionError('invalid-option', {
    where: 'fuseModelArtifacts: inputShape',
    must: `must fit the model's first input, ${first.name} [${stated.map((d) => (d < 0 ? '?' : d)).join(', ')}]`,
    got: inputShape,
    fix: 'give the shape that the model is run at',
  });
}
