/** Phases 4 and 5 in a row: the graph with its blocks emitted and the rest legalized, well formed. Legalizing is loaded late. */
import type {Graph} from '../graph/graph.ts';
import type {Shapes} from '../graph/shapes.ts';
import {emitBlocks, type EmittedBlock} from './emit.ts';
import type {FuseOptions} from './options.ts';
import type {Fusion} from './report.ts';
import {checkGraph} from './wellFormed.ts';

/** What is rewritten: a graph, what is known of its values, and how. */
export interface Rewriting {
  readonly graph: Graph;
  readonly shapes: Shapes;
  readonly options: FuseOptions;
}

/** A rewritten graph, and what is said of it. */
export interface Rewritten extends Pick<Fusion, 'legalized' | 'misread'> {
  readonly graph: Graph;
}

/** Returns the graph with these blocks fused, what was legalized, and what tfjs computes wrongly still. */
export async function rewrite(
  {graph, shapes, options: {keepNodes, backend = 'wasm'}}: Rewriting,
  blocks: readonly EmittedBlock[],
): Promise<Rewritten> {
  const [{legalize}, {misreadNodes}] = await Promise.all([import('./legalize.ts'), import('./misread.ts')]);
  // What is faster was measured on wasm.
  const faster = backend === 'wasm';
  const legal = legalize(emitBlocks(graph, blocks, keepNodes), shapes, {exclude: keepNodes, faster});
  checkGraph(legal.graph);
  return {...legal, misread: misreadNodes(legal.graph, shapes)};
}
