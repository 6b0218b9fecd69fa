/**
 * Compiling before the first prediction, on backends that compile at run time: the page does not wait for it, and what a device
 * would refuse is known before it is needed.
 */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {KernelBackend, NamedTensorMap} from '@tensorflow/tfjs-core';
import {backend, dispose, env, getBackend} from '@tensorflow/tfjs-core';
import type {BlockProblem} from '../../ops/blockKernel.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import type {Graph} from '../graph/graph.ts';
import {imageSize, type Shapes} from '../graph/shapes.ts';
import {fusedNodes} from '../rewrite/wellFormed.ts';

/**
 * Compiles the kernels of a graph's fused blocks, as far as its shapes say how large their images are. Returns their plans in
 * words, by the names of their nodes.
 */
export async function compileBlocks(graph: Graph, shapes: Shapes): Promise<Map<string, string>> {
  const plans = new Map<string, string>();
  const kernel = blockKernelOf(getBackend());
  if (!kernel?.settled) return plans;
  const device = backend();
  const problems = [...blockProblems(graph, shapes)];
  if (problems.length === 0) return plans;
  for (const [, problem] of problems) kernel.refusal(device, problem);
  await kernel.settled(device);
  for (const [name, problem] of problems) plans.set(name, (await kernel.planReport(problem, device)).words);
  return plans;
}

function* blockProblems(graph: Graph, shapes: Shapes): Generator<[name: string, problem: BlockProblem]> {
  for (const {name, spec, precision, x} of fusedNodes(graph)) {
    const size = imageSize(shapes.shape(x));
    if (size !== null) yield [name, {spec, precision, size}];
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
export async function compileModel(model: GraphModel, inputs: NamedTensorMap): Promise<number> {
  const kernel = blockKernelOf(getBackend());
  if (!kernel?.settled) return 0;
  const device = backend() as CompilingBackend;
  // A block that has no plan must be known now: its stock ops are compiled in its stead.
  await kernel.settled(device);
  env().set('WEBGPU_ENGINE_COMPILE_ONLY', true);
  try {
    dispose(model.execute(inputs));
  } finally {
    env().set('WEBGPU_ENGINE_COMPILE_ONLY', false);
  }
  await device.checkCompileCompletionAsync?.();
  return kernel.settled(device);
}
