/**
 * Watching tfjs at work: what its kernels are called with, and for which node of a graph. Whoever is watched is as before when
 * the watch ends.
 */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {KernelConfig, KernelFunc} from '@tensorflow/tfjs-core';
import type {AllTfjs} from './allTfjs.ts';

export type KernelParams = Parameters<KernelFunc>[0];
export type KernelOutput = ReturnType<KernelFunc>;

/** Told of a kernel's call, which `run` does. Returns what came out. */
type KernelWatcher = (name: string, params: KernelParams, run: () => KernelOutput) => KernelOutput;

/** Puts the watcher before every kernel of the current backend, and returns what takes it away. */
export function watchKernels(tf: AllTfjs, watcher: KernelWatcher): () => void {
  const kernels = tf.getKernelsForBackend(tf.getBackend());
  const replace = (by: (kernel: KernelConfig) => KernelConfig): void => {
    for (const kernel of kernels) {
      // Registering over a kernel would warn.
      tf.unregisterKernel(kernel.kernelName, kernel.backendName);
      tf.registerKernel(by(kernel));
    }
  };
  replace((kernel) => ({
    ...kernel,
    kernelFunc: (params) => watcher(kernel.kernelName, params, () => kernel.kernelFunc(params)),
  }));
  return () => {
    replace((kernel) => kernel);
  };
}

/**
 * What a GraphModel's executor calls when a node has run, in a run at once and in one that awaits; and which argument is the node.
 * Private in tfjs-converter, and the only places that name it.
 */
const NODE_HAS_RUN = {checkTensorForDisposalWithNodeLiveUntilInfo: 0, checkTensorForDisposal: 1} as const;

type NodeHasRun = (...args: unknown[]) => void;
type GraphExecutor = Partial<Record<keyof typeof NODE_HAS_RUN, NodeHasRun>>;

/** Tells the name of each node that has run, and returns what ends that. Tells nothing where the executor is another one. */
export function watchNodes(model: GraphModel, hasRun: (name: string) => void): () => void {
  const {executor} = model as unknown as {executor: GraphExecutor};
  const watched = (Object.keys(NODE_HAS_RUN) as (keyof typeof NODE_HAS_RUN)[]).filter((name) => name in executor);
  for (const name of watched) {
    const original = executor[name]!;
    executor[name] = (...args) => {
      hasRun((args[NODE_HAS_RUN[name]] as {name: string}).name);
      original.apply(executor, args);
    };
  }
  return () => {
    for (const name of watched) Reflect.deleteProperty(executor, name); // the class has it still
  };
}
