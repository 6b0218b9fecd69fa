/**
 * Watching tfjs at work: what its kernels are called with, and for which node of a graph. Whoever is watched is as before when
 * the watch ends.
 */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {KernelConfig, KernelFunc} from '@tensorflow/tfjs-core';
import type {AllTfjs} from '../compare/tfjs.ts';

export type KernelParams = Parameters<KernelFunc>[0];
export type KernelOutput = ReturnType<KernelFunc>;

/** Told of a kernel's call, which `run` does. Returns what came out. */
export type KernelWatcher = (name: string, params: KernelParams, run: () => KernelOutput) => KernelOutput;

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

/** What a GraphModel's executor calls when a node has run: private in tfjs-converter, and the one place that names the node. */
const NODE_HAS_RUN = 'checkTensorForDisposalWithNodeLiveUntilInfo';

interface GraphExecutor {
  [NODE_HAS_RUN]?: (node: {readonly name: string}, ...rest: unknown[]) => void;
}

/** Tells the name of each node that has run, and returns what ends that. Tells nothing where the executor is another one. */
export function watchNodes(model: GraphModel, hasRun: (name: string) => void): () => void {
  const {executor} = model as unknown as {executor: GraphExecutor};
  const original = executor[NODE_HAS_RUN];
  if (original === undefined) return () => undefined;
  executor[NODE_HAS_RUN] = (node, ...rest) => {
    hasRun(node.name);
    original.call(executor, node, ...rest);
  };
  return () => {
    Reflect.deleteProperty(executor, NODE_HAS_RUN); // the class has it still
  };
}
