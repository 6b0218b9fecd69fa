/** How large the images are that a model's fused blocks get, as far as its shapes say. */
import type {io} from '@tensorflow/tfjs-core';
import type {BlockSpec} from '../../ops/block.ts';
import {createGraph} from '../graph/graph.ts';
import {createShapes} from '../graph/shapes.ts';
import type {BlockRun} from './blockKernels.ts';
import type {InputOptions} from './inputs.ts';

/** Returns the blocks whose input's height and width are known, by name, in the order given. */
export function blockRuns(
  artifacts: io.ModelArtifacts,
  blocks: readonly {readonly name: string; readonly spec: BlockSpec}[],
  {shapes = {}, batch = 1}: Pick<InputOptions, 'shapes' | 'batch'> = {},
): Map<string, BlockRun> {
  const graph = createGraph(artifacts);
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
