/** The rewrite, top to bottom: a graph in, a graph and what was found out. */
import type {io} from '@tensorflow/tfjs-core';

import type {SideThreads} from '../../ops/blockKernel.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import {type BlockMatch, findBlocks} from '../blocks/match.ts';
import {stringAttr} from '../graph/attrs.ts';
import {createGraph, type Graph, type GraphNode, writeArtifacts} from '../graph/graph.ts';
import {firstInput, statedShape} from '../graph/inputs.ts';
import {createShapes, imageSize, type Shapes} from '../graph/shapes.ts';
import {readWeightData} from '../graph/weights.ts';
import {createParts} from '../parts/lift.ts';
import type {CheckedBlocks, LeftMatch} from './check.ts';
import type {ChannelsLast} from './layout.ts';
import {checkFuseOptions, type FuseOptions} from './options.ts';
import {type Fusion, type FusionReport, reportOf} from './report.ts';
import {rewrite, type Rewriting} from './rewrite.ts';
import {countFused} from './wellFormed.ts';

/** A rewritten model. */
export interface FusedModel {
  /** To be loaded once registerBlockFusion() was called, or saved. */
  readonly artifacts: io.ModelArtifacts;
  /** What was fused. */
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
  /** Of the values of the graph, by their names. */
  readonly shapes: Shapes;
  readonly fusion: Fusion;
}

/**
 * Returns the graph with its residual blocks fused and the rest legalized: the phases in order.
 * Throws: `invalid-option`.
 */
export async function fuseGraph(
  graph: Graph,
  options: FuseOptions = {},
  threads: SideThreads = {stock: options.threads ?? 1, fused: options.threads ?? 1},
): Promise<FusedGraph> {
  checkInputShape(graph, options);
  const {exclude = [], keepNodes = []} = options;
  const shapesBefore = shapesOf(graph, options);
  const turned = await channelsLast(graph, shapesBefore, [...exclude, ...keepNodes]);
  checkNames([graph, turned.graph], options);
  const shapes = turned.graph === graph ? shapesBefore : shapesOf(turned.graph, options);
  const rewriting = {graph: turned.graph, shapes, options};
  const {blocks, misses} = await findBlocks(createParts(turned.graph, shapes), options);
  const {chosen, left} = await chooseBlocks(blocks, {...rewriting, threads});
  const {emitted, ...checked} = await checkAsAsked(rewriting, chosen);
  const result = await rewrite(rewriting, emitted);
  const nodesBefore = (match: BlockMatch): string[] =>
    match.nodes.map(({name}) => turned.namesBefore.get(name) ?? name);
  return {
    graph: result.graph,
    shapes,
    fusion: {
      ...checked,
      before: countFused(graph),
      blocks: emitted.map(({match, inFloat16}) => ({
        ...{match, inFloat16, size: imageSize(shapes.shape(match.x))},
        replaced: nodesBefore(match),
      })),
      left: [...left, ...checked.left].map(({match, ...why}) => ({
        ...{name: match.root.name, ...why},
        ...{spec: match.spec, nodes: nodesBefore(match)},
      })),
      misses,
      legalized: [...turned.legalized, ...result.legalized],
      misread: result.misread,
    },
  };
}

/** Most models have nothing to turn, and load nothing for it. */
async function channelsLast(graph: Graph, shapes: Shapes, keep: readonly string[]): Promise<ChannelsLast> {
  const isOther = ({op, def}: GraphNode): boolean => op === 'Transpose' || stringAttr(def, 'data_format') === 'NCHW';
  if (!graph.nodes.some(isOther)) return {graph, legalized: [], namesBefore: new Map()};
  const {toChannelsLast} = await import('./layout.ts');
  return toChannelsLast(graph, shapes, {keep, all: true});
}

function shapesOf(graph: Graph, {inputShape}: FuseOptions): Shapes {
  const first = firstInput(graph);
  return createShapes(graph, new Map(first === null || inputShape === undefined ? [] : [[first.name, inputShape]]));
}

interface ChosenBlocks {
  readonly chosen: readonly BlockMatch[];
  readonly left: readonly LeftMatch[];
}

/** A rewriting for the threads that each side would run on. */
interface Choosing extends Rewriting {
  readonly threads: SideThreads;
}

async function chooseBlocks(blocks: readonly BlockMatch[], rewriting: Choosing): Promise<ChosenBlocks> {
  const chosen: BlockMatch[] = [];
  const left: LeftMatch[] = [];
  for (const block of blocks) {
    const reason = await reasonToLeave(block, rewriting);
    if (reason === null) chosen.push(block);
    else left.push({match: block, reason});
  }
  return {chosen, left};
}

/** Returns why a block is left alone: on request, or for speed. Where the size of its input is not known, it is fused. */
async function reasonToLeave(
  {root, x, spec}: BlockMatch,
  {shapes, options, threads}: Choosing,
): Promise<string | null> {
  const {exclude = [], blocks, backend = 'wasm'} = options;
  if (exclude.includes(root.name)) return 'excluded';
  const size = imageSize(shapes.shape(x));
  if (blocks !== 'when-faster' || size === null) return null;
  const kernel = blockKernelOf(backend);
  return kernel?.reasonNotToFuse({spec, size}, threads) ?? `there is no fused kernel for backend ${backend}`;
}

/** Blocks go into the graph as they are, in float32, unless more is asked for. */
async function checkAsAsked(rewriting: Rewriting, chosen: readonly BlockMatch[]): Promise<CheckedBlocks> {
  const {verify = false, storage = 'float32'} = rewriting.options;
  if (!verify && storage === 'float32')
    return {emitted: chosen.map((match) => ({match, inFloat16: false})), left: [], checks: [], inFloat32: []};
  const {checkBlocks} = await import('./check.ts');
  return checkBlocks(rewriting, chosen);
}

/** A name may be that of a node before or after its image is turned: the report has the latter. */
function checkNames(graphs: readonly Graph[], options: FuseOptions): void {
  for (const option of ['exclude', 'keepNodes'] as const) {
    const unknown = options[option]?.find((name) => graphs.every((graph) => graph.node(name) === undefined));
    if (unknown !== undefined)
      throw new BlockFusionError('invalid-option', {
        where: option,
        must: 'must name nodes of the model',
        got: unknown,
        fix: "use the names that the report or the CLI's inspect gives",
      });
  }
}

/** Sizes that the model leaves open may be anything; those that it states may not. */
function checkInputShape(graph: Graph, {inputShape}: FuseOptions): void {
  const first = firstInput(graph);
  const stated = first && statedShape(graph, first);
  if (!stated || inputShape === undefined) return;
  const fits = (size: number | undefined, i: number): boolean => size === stated[i] || stated[i] === -1;
  if (inputShape.length === stated.length && inputShape.every(fits)) return;
  throw new BlockFusionError('invalid-option', {
    where: 'inputShape',
    must: `must fit the model's first input, ${first.name} [${stated.map((d) => (d < 0 ? '?' : d)).join(', ')}]`,
    got: inputShape,
    fix: 'give the shape that the model is run at',
  });
}
