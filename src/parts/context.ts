/** What the readers of a graph's parts look things up in. */
import type {Graph, Value} from '../graph/graph.ts';
import type {Shapes} from '../graph/shapes.ts';
import type {Lifted} from './parts.ts';
import {createSources, type Sources} from './sources.ts';

export interface PartsContext {
  readonly graph: Graph;
  readonly shapes: Shapes;
  readonly sources: Sources;
  /** By how much the constants of a formula may differ from those that are meant, relative. */
  readonly tolerance: number;
  /** What an earlier value is, for parts that are made of parts. */
  readonly lift: (value: Value) => Lifted;
}

/** Constants of a float32 model are off by rounding; those of a model with float16 weights by float16's. */
const TOLERANCE = {float32: 2e-6, float16: 1e-3};

export function partsContext(graph: Graph, shapes: Shapes, lift: PartsContext['lift']): PartsContext {
  const isHalf = graph.weights.all.some(({spec}) => spec.quantization?.dtype === 'float16');
  return {graph, shapes, sources: createSources(graph), tolerance: TOLERANCE[isHalf ? 'float16' : 'float32'], lift};
}
