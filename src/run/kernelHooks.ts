/**
 * Hooks into tfjs: around each kernel's call, and after each node of a graph. Each function returns what takes its hook out again,
 * after which tfjs is as it was.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {KernelConfig, KernelFunc} from '@tensorflow/tfjs-core';

export type KernelParams = Parameters<KernelFunc>[0];
export type KernelOutput = ReturnType<KernelFunc>;

/** Called in place of a kernel, which `run` runs. Returns the kernel's output. */
type KernelHook = (name: string, params: KernelParams, run: () => KernelOutput) => KernelOutput;

/** Hooks every kernel of the current backend. */
export function hookKernels(hook: KernelHook): () => void {
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
    kernelFunc: (params) => hook(kernel.kernelName, params, () => kernel.kernelFunc(params)),
  }));
  return () => {
    replace((kernel) => kernel);
  };
}

/**
 * The methods that a GraphModel's executor calls after each node, in a synchronous and in an asynchronous run, with the index of the
 * argument that is the node. Private in tfjs-converter, which has no other hook.
 */
const AFTER_NODE = {checkTensorForDisposalWithNodeLiveUntilInfo: 0, checkTensorForDisposal: 1} as const;

type AfterNode = (...args: unknown[]) => void;
type GraphExecutor = Partial<Record<keyof typeof AFTER_NODE, AfterNode>>;

/** Calls `afterNode` with the name of each node that has run; never with an executor that has none of these methods. */
export function hookNodes(model: GraphModel, afterNode: (name: string) => void): () => void {
  const {executor} = model as unknown as {executor: GraphExecutor};
  const hooked = (Object.keys(AFTER_NODE) as (keyof typeof AFTER_NODE)[]).filter((name) => name in executor);
  for (const name of hooked) {
    const original = executor[name]!;
    executor[name] = (...args) => {
      afterNode((args[AFTER_NODE[name]] as {name: string}).name);
      original.apply(executor, args);
    };
  }
  return () => {
    for (const name of hooked) Reflect.deleteProperty(executor, name); // the class still has the method
  };
}
