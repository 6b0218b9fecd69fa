/** The rewrite, top to bottom: artifacts in, artifacts and a report out. */
import type {io} from '@tensorflow/tfjs-core';

import type {BlockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {type BlockMatch, findBlocks} from '../blocks/match.ts';
import {shapeAttr} from '../graph/attrs.ts';
import type {Shape} from '../graph/dims.ts';
import {createGraph, type Graph} from '../graph/graph.ts';
import {createShapes} from '../graph/shapes.ts';
import {readWeightData} from '../graph/weights.ts';
import {createParts} from '../parts/lift.ts';
import type {FuseOptions, FusionReport, LeftBlock} from './report.ts';
import {emitBlocks} from './emit.ts';
import {legalizeArtifacts} from './legalize.ts';
import {type BlockCheck, checkGraph, verifyBlocks} from './verify.ts';
import {reasonNotToFuse} from './whenFaster.ts';

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
  checkChoice('blocks', options.blocks, ['all', 'when-faster']);
  checkChoice('storage', options.storage, ['keep', 'float32', 'float16']);
  const original = await readWeightData(artifacts);
  const graph = createGraph(original);
  checkNames(graph, options);
  checkInputShape(graph, options);

  const {blocks, misses} = findBlocks(createParts(graph), options);
  const {chosen, left} = chooseBlocks(graph, blocks, options);
  const fused = rewrite(graph, chosen, options);
  const checks = options.verify === true ? await verify(original, fused.artifacts, options) : [];

  const isWrong = ({root}: BlockMatch): boolean =>
    checks.some((check) => check.name === root.name && check.reason !== null);
  const right = chosen.filter((block) => !isWrong(block));
  const {artifacts: result, legalized} = right.length === chosen.length ? fused : rewrite(graph, right, options);
  const wrong = checks.flatMap(({name, reason, maxError}) => (reason === null ? [] : [{name, reason, maxError}]));
  const report: FusionReport = {
    blocks: right.map((block) => reportOf(block, checks)),
    left: [...left, ...wrong],
    misses,
    legalized,
  };
  return {artifacts: result, report};
}

function rewrite(
  graph: Graph,
  blocks: readonly BlockMatch[],
  options: FuseOptions,
): ReturnType<typeof legalizeArtifacts> {
  const legal = legalizeArtifacts(emitBlocks(graph, blocks, options), {exclude: options.keepNodes});
  checkGraph(legal.artifacts);
  return legal;
}

function verify(
  original: io.ModelArtifacts,
  fused: io.ModelArtifacts,
  {inputShape}: FuseOptions,
): Promise<BlockCheck[]> {
  return verifyBlocks(original, fused, {inputShape});
}

function chooseBlocks(
  graph: Graph,
  blocks: readonly BlockMatch[],
  options: FuseOptions,
): {chosen: readonly BlockMatch[]; left: readonly LeftBlock[]} {
  const judge = options.blocks === 'when-faster' ? speedJudge(graph, options) : (): null => null;
  const judged = blocks.map((block) => ({
    block,
    reason: options.exclude?.includes(block.root.name) === true ? 'excluded' : judge(block),
  }));
  return {
    chosen: judged.flatMap(({block, reason}) => (reason === null ? [block] : [])),
    left: judged.flatMap(({block, reason}) => (reason === null ? [] : [{name: block.root.name, reason}])),
  };
}

/** Judges a block, each kind once, at the size that its input has for the model's input shape; where that is not known, it is fused. */
function speedJudge(
  graph: Graph,
  {backend = 'wasm', inputShape}: FuseOptions,
): (block: {x: BlockMatch['x']; spec: BlockSpec}) => string | null {
  const [first] = graph.inputs;
  const given = first && inputShape ? new Map([[first.node.name, inputShape]]) : undefined;
  const shapes = createShapes(graph, given);
  const reasons = new Map<string, string | null>();
  return ({x, spec}) => {
    const size = imageSize(shapes.shape(x));
    if (size === null) return null;
    const kind = JSON.stringify([spec, size]);
    if (!reasons.has(kind)) reasons.set(kind, reasonNotToFuse(spec, size, backend));
    return reasons.get(kind) ?? null;
  };
}

/** An open batch counts as one image. */
function imageSize(shape: Shape | null): ImageSize | null {
  const [batch, height, width] = shape ?? [];
  if (typeof height !== 'number' || typeof width !== 'number') return null;
  return {batch: typeof batch === 'number' ? batch : 1, height, width};
}

function reportOf(
  {root, rule, spec, nodes}: BlockMatch,
  checks: readonly BlockCheck[],
): FusionReport['blocks'][number] {
  const check = checks.find(({name}) => name === root.name);
  const replaced = nodes.map((node) => node.name);
  return {name: root.name, rule, spec, replaced, ...(check === undefined ? {} : {maxError: check.maxError})};
}

function checkChoice(name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw new BlockFusionError('invalid-option', {
    where: 'fuseModelArtifacts',
    must: `${name} must be one of ${allowed.join(', ')}`,
    got: value,
    fix: 'use one of these, or leave it out',
  });
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
function checkInputShape({inputs: [first]}: Graph, {inputShape}: FuseOptions): void {
  const stated = first && shapeAttr(first.node.def, 'shape');
  if (!stated || inputShape === undefined) return;
  const fits = (size: number | undefined, i: number): boolean => size === stated[i] || stated[i] === -1;
  if (inputShape.length === stated.length && inputShape.every(fits)) return;
  throw new BlockFusionError('invalid-option', {
    where: 'fuseModelArtifacts: inputShape',
    must: `must fit the model's first input, ${first.node.name} [${stated.map((d) => (d < 0 ? '?' : d)).join(', ')}]`,
    got: inputShape,
    fix: 'give the shape that the model is run at',
  });
}
