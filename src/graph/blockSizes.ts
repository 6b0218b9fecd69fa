/** How large the images are that a model's fused blocks get, as far as its shapes say; and which of the blocks are alike. */
import type {BlockSpec} from '../../ops/block.ts';
import type {BlockRun} from '../../ops/blockKernel.ts';
import {bareName, type Graph} from './graph.ts';
import {createShapes} from './shapes.ts';

export interface InputSizes {
  /** Shapes of inputs by name, for what the model leaves open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Images, where even then it is open. Default 1. */
  readonly batch?: number | undefined;
}

/** All blocks of one spec and size. */
export interface BlockKind extends BlockRun {
  readonly count: number;
}

/** Returns the blocks whose input's height and width are known, by name, in the order given. */
export function blockRuns(
  graph: Graph,
  blocks: readonly {readonly name: string; readonly spec: BlockSpec}[],
  {shapes = {}, batch = 1}: InputSizes = {},
): Map<string, BlockRun> {
  const given = Object.entries(shapes).map(([name, sizes]) => [bareName(name), sizes] as const);
  const inferred = createShapes(graph, new Map(given));
  const runs = new Map<string, BlockRun>();
  for (const {name, spec} of blocks) {
    const input = graph.node(name)?.inputs[0];
    const [images, height, width] = (input && inferred.shape(input)) ?? [];
    if (typeof height !== 'number' || typeof width !== 'number') continue;
    runs.set(name, {spec, size: {batch: typeof images === 'number' ? images : batch, height, width}});
  }
  return runs;
}

/** Returns the kinds of the blocks, in the order in which they come. */
export function blockKinds(runs: Iterable<BlockRun>): BlockKind[] {
  const kinds = new Map<string, BlockKind>();
  for (const {spec, size} of runs) {
    const key = JSON.stringify([spec, size]);
    kinds.set(key, {spec, size, count: (kinds.get(key)?.count ?? 0) + 1});
  }
  return [...kinds.values()];
}
