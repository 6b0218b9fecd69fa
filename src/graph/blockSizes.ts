/** How large the images are that a model's fused blocks get, as far as its shapes say. */
import type {BlockSpec} from '../../ops/block.ts';
import type {BlockRun} from '../../ops/blockKernel.ts';
import type {Graph} from './graph.ts';
import {createShapes} from './shapes.ts';

export interface InputSizes {
  /** Shapes of inputs by name, for what the model leaves open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Images, where even then it is open. Default 1. */
  readonly batch?: number | undefined;
}

/** Returns the blocks whose input's height and width are known, by name, in the order given. */
export function blockRuns(
  graph: Graph,
  blocks: readonly {readonly name: string; readonly spec: BlockSpec}[],
  {shapes = {}, batch = 1}: InputSizes = {},
): Map<string, BlockRun> {
  const given = Object.entries(shapes).map(([name, sizes]) => [name.replace(/:0$/, ''), sizes] as const);
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
