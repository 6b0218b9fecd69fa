/**
 * The change of params at load: layout 2 for kernels that compute in float16, layout 1 for all others. A file may hold either:
 * one that was saved from a model in float16 loads anywhere.
 */
import {
  decodeBlockAttrs,
  decodePrecision,
  encodeBlockAttrs,
  FUSED_RESIDUAL_BLOCK,
  readRawBlockAttrs,
} from '../../ops/attrs.ts';
import {float16Refusal, packFloat16Params} from '../../ops/float16Params.ts';
import {PARAMS_LAYOUTS, paramsForm, type Precision} from '../../ops/params.ts';
import type {Graph, GraphNode} from '../graph/graph.ts';
import type {AttrValue, NodeDef} from '../graph/graphDef.ts';
import {FLOAT16_STORAGE, type WeightSpec} from '../graph/weights.ts';
import {applyEdits, type ApplyOptions, Draft, type Edit} from './edits.ts';
import type {FusionMetadata} from './emit.ts';
import type {InFloat32} from './report.ts';

/** A graph whose params are in one precision, but for those that float16 does not hold. */
export interface InPrecision {
  readonly graph: Graph;
  /** Blocks that stay in float32 where float16 was asked for. */
  readonly inFloat32: readonly InFloat32[];
}

/**
 * Returns the graph with the params of its fused blocks in this precision; the same where they are so already.
 * Constants that others read too stay as they are for those.
 */
export function withParamsIn(
  precision: Precision,
  graph: Graph,
  {keepNodes}: Pick<ApplyOptions, 'keepNodes'> = {},
): InPrecision {
  const changes = graph.nodes
    .filter(({op, def}) => op === FUSED_RESIDUAL_BLOCK && precisionOf(def) !== precision)
    .map((node) => (precision === 'float16' ? toFloat16(graph, node) : toFloat32(graph, node)));
  const edits = changes.filter((change) => 'nodes' in change);
  const inFloat32 = changes.filter((change) => 'reason' in change);
  const metadata = withLayout(graph.source.userDefinedMetadata, precision);
  return {graph: applyEdits(graph, edits, {...(keepNodes === undefined ? {} : {keepNodes}), metadata}), inFloat32};
}

function precisionOf({attr = {}}: NodeDef): Precision {
  return decodePrecision(readRawBlockAttrs(attr));
}

function toFloat16(graph: Graph, node: GraphNode): Edit | InFloat32 {
  const spec = decodeBlockAttrs(readRawBlockAttrs(node.def.attr!));
  const params = graph.weights.constant(node.inputs[1]!.node.name)!.data as Float32Array;
  const reason = float16Refusal(spec, params);
  if (reason !== null) return {name: node.name, reason};
  return withParams(graph, node, {precision: 'float16', bytes: new Uint8Array(packFloat16Params(params).buffer)});
}

/** The bytes stay: float32 that is stored as float16 is what tfjs itself decodes. */
function toFloat32(graph: Graph, node: GraphNode): Edit {
  const bytes = graph.weights.bytes(node.inputs[1]!.node.name);
  return withParams(graph, node, {precision: 'float32', bytes, stored: FLOAT16_STORAGE});
}

interface NewParams {
  readonly precision: Precision;
  readonly bytes: Uint8Array;
  readonly stored?: Pick<WeightSpec, 'quantization'>;
}

function withParams(graph: Graph, node: GraphNode, {precision, bytes, stored}: NewParams): Edit {
  const spec = decodeBlockAttrs(readRawBlockAttrs(node.def.attr!));
  const {dtype, length} = paramsForm(spec, precision);
  const draft = new Draft(graph, node);
  const params = draft.weight('params', {dtype, shape: [length], ...stored}, bytes);
  const attr = {...node.def.attr, ...(encodeBlockAttrs(spec, precision) as Record<string, AttrValue>)};
  draft.add(node.op, [node.def.input![0]!, params], attr);
  return draft.finish();
}

function withLayout(
  metadata: Graph['source']['userDefinedMetadata'],
  precision: Precision,
): Graph['source']['userDefinedMetadata'] {
  const fusion = metadata?.['blockFusion'] as FusionMetadata | undefined;
  return fusion === undefined ? metadata : {...metadata, blockFusion: {...fusion, layout: PARAMS_LAYOUTS[precision]}};
}
