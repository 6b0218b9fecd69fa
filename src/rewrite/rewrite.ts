/** Phases 4 and 5 in a row: the graph with its blocks emitted and the rest legalized, well formed. */
import type {Graph} from '../graph/graph.ts';
import type {Shapes} from '../graph/shapes.ts';
import {emitBlocks, type EmittedBlock} from './emit.ts';
import {legalize} from './legalize.ts';
import type {FuseOptions} from './options.ts';
import {checkGraph} from './wellFormed.ts';

/** What is rewritten: a graph, what is known of its values, and how. */
export interface Rewriting {
  readonly graph: Graph;
  readonly shapes: Shapes;
  readonly options: FuseOptions;
}

/** Returns the graph with these blocks fused, and what was legalized. */
export function rewrite(
  {graph, shapes, options: {keepNodes, backend = 'wasm'}}: Rewriting,
  blocks: readonly EmittedBlock[],
): ReturnType<typeof legalize> {
  // What is faster was measured on wasm.
  const faster = backend === 'wasm';
  const legal = legalize(emitBlocks(graph, blocks, keepNodes), shapes, {exclude: keepNodes, faster});
  checkGraph(legal.graph);
  return legal;
}
