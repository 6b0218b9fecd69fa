/**
 * Phase 4 of the rewrite: each block becomes one `FusedResidualBlock` node, which takes its root's name, and one constant with
 * its params. All else stays as it was, in its order.
 */
import type {io} from '@tensorflow/tfjs-core';

import {encodeBlockAttrs, FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {encodeFloat16} from '../../ops/float16.ts';
import {float16Refusal} from '../../ops/float16Params.ts';
import {packParams, PARAMS_LAYOUTS} from '../../ops/params.ts';
import type {BlockMatch} from '../blocks/match.ts';
import type {Graph} from '../graph/graph.ts';
import type {AttrValue, NodeDef} from '../graph/graphDef.ts';
import type {WeightSpec} from '../graph/weights.ts';
import type {FuseOptions} from './report.ts';
import {VERSION} from '../version.ts';
import {applyEdits, type Edit, freeName, inputName, type NewWeight} from './edits.ts';

/** What a fused model says of itself, in `userDefinedMetadata.blockFusion`. */
export interface FusionMetadata {
  /** Of this package. */
  readonly version: string;
  /** Of the params: the highest, where blocks differ. */
  readonly layout: number;
  readonly blocks: readonly {readonly name: string; readonly rule: string}[];
}

/** Returns the graph's artifacts with the blocks fused; the artifacts themselves where there are none. */
export function emitBlocks(
  graph: Graph,
  blocks: readonly BlockMatch[],
  {storage = 'keep', keepNodes = []}: Pick<FuseOptions, 'storage' | 'keepNodes'> = {},
): io.ModelArtifacts {
  if (blocks.length === 0) return graph.artifacts;
  const artifacts = applyEdits(
    graph,
    blocks.map((block) => editOf(graph, block, storage)),
    {keepNodes},
  );
  return {...artifacts, userDefinedMetadata: withFusion(artifacts.userDefinedMetadata, blocks)};
}

function editOf(graph: Graph, block: BlockMatch, storage: 'keep' | 'float32' | 'float16'): Edit {
  const {root, nodes, spec, x} = block;
  const params = packParams(spec, block.weights());
  const name = freeName(graph, `${root.name}/params`);
  const wantsHalf = storage === 'keep' ? block.isQuantized : storage === 'float16';
  const inHalf = wantsHalf && float16Refusal(spec, params) === null;
  const fused: NodeDef = {
    name: root.name,
    op: FUSED_RESIDUAL_BLOCK,
    input: [inputName(x), name, ...controlsOf(block)],
    attr: {T: {type: 'DT_FLOAT'}, ...(encodeBlockAttrs(spec) as Record<string, AttrValue>)},
  };
  return {
    node: root,
    nodes: [constant(name, params.length), fused],
    weights: [storedParams(name, params, inHalf)],
    replaces: nodes.filter((node) => node !== root),
  };
}

/** What the nodes of the block waited for, the fused one waits for. */
function controlsOf({nodes}: BlockMatch): string[] {
  const inside = new Set(nodes);
  const controls = nodes.flatMap((node) => node.controls).filter((node) => !inside.has(node));
  return [...new Set(controls)].map((node) => `^${node.name}`);
}

function constant(name: string, length: number): NodeDef {
  const tensor = {dtype: 'DT_FLOAT', tensorShape: {dim: [{size: String(length)}]}};
  return {name, op: 'Const', attr: {dtype: {type: 'DT_FLOAT'}, value: {tensor}}};
}

/** The weight as the converter writes it: float16 is a quantization of float32, which tfjs undoes at load. */
function storedParams(name: string, params: Float32Array, inHalf: boolean): NewWeight {
  const spec: WeightSpec = {name, shape: [params.length], dtype: 'float32'};
  if (!inHalf) return {spec, bytes: new Uint8Array(params.buffer)};
  const quantization = {dtype: 'float16', original_dtype: 'float32'} as const;
  return {spec: {...spec, quantization}, bytes: new Uint8Array(encodeFloat16(params).buffer)};
}

function withFusion(
  metadata: io.ModelArtifacts['userDefinedMetadata'],
  blocks: readonly BlockMatch[],
): Record<string, object> {
  const before = metadata?.['blockFusion'] as FusionMetadata | undefined;
  const added = blocks.map(({root, rule}) => ({name: root.name, rule}));
  const blockFusion: FusionMetadata = {
    version: VERSION,
    layout: PARAMS_LAYOUTS.float32,
    blocks: [...(before?.blocks ?? []), ...added],
  };
  return {...metadata, blockFusion};
}
