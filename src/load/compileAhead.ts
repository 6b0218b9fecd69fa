/**
 * Compiling before the first prediction, on backends that compile at run time: the page does not wait for it, and what a device
 * would refuse is known before it is needed.
 */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {io, KernelBackend, NamedTensorMap} from '@tensorflow/tfjs-core';
import {decodeBlockAttrs, decodePrecision, FUSED_RESIDUAL_BLOCK, readRawBlockAttrs} from '../../ops/attrs.ts';
import type {BlockProblem} from '../../ops/blockKernel.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import {blockRuns, type InputSizes} from '../graph/blockSizes.ts';
import {createGraph} from '../graph/graph.ts';
import type {Tfjs} from '../tfjs.ts';

/**
 * Compiles the kernels of a model's fused blocks, as far as its shapes say how large their images are. Returns their plans in
 * words, by the names of their nodes.
 */
export async function compileBlocks(
  tf: Tfjs,
  artifacts: io.ModelArtifacts,
  sizes: InputSizes,
): Promise<Map<string, string>> {
  const plans = new Map<string, string>();
  const kernel = blockKernelOf(tf.getBackend());
  if (!kernel?.settled) return plans;
  const backend = tf.backend();
  const problems = [...blockProblems(artifacts, sizes)];
  for (const [, problem] of problems) kernel.refusal(backend, problem);
  await kernel.settled(backend);
  for (const [name, problem] of problems) plans.set(name, kernel.planReport(problem, backend).words);
  return plans;
}

function* blockProblems(
  artifacts: io.ModelArtifacts,
  sizes: InputSizes,
): Generator<[name: string, problem: BlockProblem]> {
  const graph = createGraph(artifacts);
  const nodes = graph.nodes.filter(({op}) => op === FUSED_RESIDUAL_BLOCK);
  const blocks = nodes.map(({name, def}) => {
    const decoded = readRawBlockAttrs(def.attr ?? {});
    return {name, spec: decodeBlockAttrs(decoded), precision: decodePrecision(decoded)};
  });
  const runs = blockRuns(graph, blocks, sizes);
  for (const {name, precision} of blocks) {
    const run = runs.get(name);
    if (run !== undefined) yield [name, {...run, precision}];
  }
}

/** What tfjs's WebGPUBackend has for compiling ahead. */
interface CompilingBackend extends KernelBackend {
  checkCompileCompletionAsync?(): Promise<void>;
}

/**
 * Compiles every kernel that a run of the model takes, stock ones included, without running any. Returns how many pipelines of
 * fused blocks stand on the backend; 0 where nothing is compiled at run time.
 *
 * tfjs must not run another model meanwhile: a stock kernel that both share is not ready before all are.
 */
export async function compileModel(tf: Tfjs, model: GraphModel, inputs: NamedTensorMap): Promise<number> {
  const kernel = blockKernelOf(tf.getBackend());
  if (!kernel?.settled) return 0;
  const backend = tf.backend() as CompilingBackend;
  tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', true);
  try {
    tf.dispose(model.execute(inputs));
  } finally {
    tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', false);
  }
  await backend.checkCompileCompletionAsync?.();
  return kernel.settled(backend);
}
