/** Whether a rewritten graph is well formed, beyond what createGraph sees to: its signature, and its fused nodes. */
import {decodeBlockAttrs, decodePrecision, FUSED_RESIDUAL_BLOCK, readRawBlockAttrs} from '../../ops/attrs.ts';
import type {BlockSpec} from '../../ops/block.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {paramsForm, type Precision} from '../../ops/params.ts';
import {type Graph, type GraphNode, type Value} from '../graph/graph.ts';
import type {WeightSpec} from '../graph/weights.ts';

/** A fused node, read. */
export interface FusedNode {
  readonly name: string;
  readonly spec: BlockSpec;
  readonly precision: Precision;
  readonly x: Value;
  readonly params: WeightSpec;
}

/**
 * Checks that every input and output of the signature is in the graph, and that every fused node's attrs and params are sound.
 * Throws: `invalid-model`, `invalid-spec`, `invalid-params`.
 */
export function checkGraph(graph: Graph): void {
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

/** Returns how many nodes of the model are fused blocks. */
export function countFused({nodes}: Graph): number {
  return nodes.filter(({op}) => op === FUSED_RESIDUAL_BLOCK).length;
}

/** Returns the fused nodes of a graph. Throws: `invalid-spec`, `invalid-params` for one that is broken. */
export function fusedNodes(graph: Graph): FusedNode[] {
  return graph.nodes.filter(({op}) => op === FUSED_RESIDUAL_BLOCK).map((node) => readFusedNode(node, graph));
}

function readFusedNode({name, def, inputs}: GraphNode, graph: Graph): FusedNode {
  const attrs = readRawBlockAttrs(def.attr ?? {});
  const spec = decodeBlockAttrs(attrs);
  const [x, paramsValue] = inputs;
  const params = paramsValue && graph.weights.spec(paramsValue.node.name);
  const precision = decodePrecision(attrs);
  const {dtype, length} = paramsForm(spec, precision);
  if (x === undefined || params?.dtype !== dtype || params.shape.join() !== String(length))
    throw new BlockFusionError('invalid-params', {
      where: `modelTopology: ${name}`,
      must: `a ${FUSED_RESIDUAL_BLOCK} must read x and a constant ${dtype} vector of length ${length}`,
      got: params ? `${params.dtype} [${params.shape.join()}]` : 'none that is in the manifest',
      fix: 'fuse the original model again',
    });
  return {name, spec, precision, x, params};
}
