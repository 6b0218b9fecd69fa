/**
 * Phase 4 of the rewrite: each block becomes one `FusedResidualBlock` node, which takes its root's name, and one constant with
 * its params. All else stays as it was, in its order.
 */
import {encodeBlockAttrs, FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {encodeFloat16} from '../../ops/float16.ts';
import {packParams, packParamsInto} from '../../ops/packParams.ts';
import {PARAMS_LAYOUTS, paramsLayout} from '../../ops/params.ts';
import type {BlockMatch} from '../blocks/match.ts';
import {type Graph, inputName} from '../graph/graph.ts';
import type {AttrValue, NodeDef} from '../graph/graphDef.ts';
import {FLOAT16_STORAGE, type StoredWeight, type WeightSpec} from '../graph/weights.ts';
import {VERSION} from '../version.ts';
import {applyEdits, type Edit, freeName} from './edits.ts';

/** What a fused model says of itself, in `userDefinedMetadata.blockFusion`. */
export interface FusionMetadata {
  /** Of this package. */
  readonly version: string;
  /** Of the params: the highest, where blocks differ. */
  readonly layout: number;
  readonly blocks: readonly {readonly name: string; readonly rule: string}[];
}

/** A block as it goes into a graph. */
export interface EmittedBlock {
  readonly match: BlockMatch;
  /** Whether its params are stored as float16. */
  readonly inFloat16: boolean;
}

/** Returns a block's weights, folded and packed in layout 1. */
export function paramsOf({spec, weights}: BlockMatch): Float32Array {
  return packParams(spec, weights());
}

/** Returns the graph with the blocks fused; the same where there are none. */
export function emitBlocks(graph: Graph, blocks: readonly EmittedBlock[], keepNodes: readonly string[] = []): Graph {
  const edits = blocks.map((block) => editOf(graph, block));
  return applyEdits(graph, edits, {keepNodes, metadata: withFusion(graph.source.userDefinedMetadata, blocks)});
}

function editOf(graph: Graph, {match, inFloat16}: EmittedBlock): Edit {
  const {root, nodes, spec, x} = match;
  const name = freeName(graph, `${root.name}/params`);
  const fused: NodeDef = {
    name: root.name,
    op: FUSED_RESIDUAL_BLOCK,
    input: [inputName(x), name, ...controlsOf(match)],
    attr: {T: {type: 'DT_FLOAT'}, ...(encodeBlockAttrs(spec) as Record<string, AttrValue>)},
  };
  return {
    node: root,
    nodes: [constant(name, paramsLayout(spec).length), fused],
    weights: [storedParams(name, match, inFloat16)],
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

/** Returns the weight as the converter writes it. */
function storedParams(name: string, match: BlockMatch, inFloat16: boolean): StoredWeight {
  const spec: WeightSpec = {name, shape: [paramsLayout(match.spec).length], dtype: 'float32'};
  if (inFloat16)
    return {spec: {...spec, ...FLOAT16_STORAGE}, pieces: [new Uint8Array(encodeFloat16(paramsOf(match)).buffer)]};
  return {
    spec,
    get pieces() {
      return [new Uint8Array(paramsOf(match).buffer)];
    },
    fill: (values, packPanels) => {
      packParamsInto(values, match.spec, match.weights(), packPanels);
    },
  };
}

function withFusion(
  metadata: Graph['source']['userDefinedMetadata'],
  blocks: readonly EmittedBlock[],
): Record<string, object> {
  const before = metadata?.['blockFusion'] as FusionMetadata | undefined;
  const added = blocks.map(({match: {root, rule}}) => ({name: root.name, rule}));
  const blockFusion: FusionMetadata = {
    version: VERSION,
    layout: PARAMS_LAYOUTS.float32,
    blocks: [...(before?.blocks ?? []), ...added],
  };
  return {...metadata, blockFusion};
}
