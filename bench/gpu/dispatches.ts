/** What tfjs hands to a WebGPU device, captured and not run: its results are never read. */
import type {Tensor} from '@tensorflow/tfjs-core';

/** A storage buffer of a dispatch. */
export interface Bound {
  /** Units: bytes. */
  readonly bytes: number;
  /** Whether a dispatch just before made it: a cache may still have it. */
  readonly isFresh: boolean;
}

export interface Dispatch {
  readonly label: string;
  readonly wgsl: string;
  /** Workgroups. */
  readonly dispatch: readonly [x: number, y: number, z: number];
  /** The bytes of the uniform buffer, as numbers. */
  readonly uniforms: Int32Array;
  /** The output's first. */
  readonly bindings: readonly Bound[];
}

/** Calls `work` once so that its inputs are on the device, and again to see what it dispatches. */
export async function dispatchesOf(work: () => Tensor): Promise<Dispatch[]> {
  for (let time = 0; time < 2; time++) {
    captured.dispatches.length = 0;
    const y = work();
    await y.data();
    y.dispose();
  }
  return [...captured.dispatches];
}

/** What is watched of Dawn's classes, which are the globals that a page would have. */
interface Classes {
  readonly GPUDevice: {readonly prototype: GPUDevice};
  readonly GPUQueue: {readonly prototype: GPUQueue};
  readonly GPUCommandEncoder: {readonly prototype: GPUCommandEncoder};
  readonly GPUComputePassEncoder: {readonly prototype: GPUComputePassEncoder};
}

type Pipeline = Pick<Dispatch, 'label' | 'wgsl'>;
type Buffers = readonly GPUBufferBinding[];

/** What was noted of all devices: tfjs makes a pipeline once, and uses it for later blocks. */
const captured = {
  dispatches: [] as Dispatch[],
  modules: new WeakMap<GPUShaderModule, string>(),
  pipelines: new WeakMap<GPUComputePipeline, Pipeline>(),
  /** What was last written into a buffer. */
  written: new WeakMap<GPUBuffer, Int32Array>(),
  groups: new WeakMap<GPUBindGroup, Buffers>(),
  pipeline: new WeakMap<GPUComputePassEncoder, Pipeline>(),
  group: new WeakMap<GPUComputePassEncoder, Buffers>(),
  outputs: new WeakSet<GPUBuffer>(),
};

/** Notes every dispatch in this process from now on, in the place of having the GPU run it. WebGPU's classes must be there. */
export function captureDispatches(): void {
  const classes = globalThis as unknown as Classes;
  const {GPUDevice: device, GPUQueue: queue, GPUCommandEncoder: encoder, GPUComputePassEncoder: pass} = classes;
  afterCalls(device.prototype, 'createShaderModule', (module, _, [{code}]) => {
    captured.modules.set(module, code);
  });
  afterCalls(device.prototype, 'createComputePipeline', (pipeline, _, [{compute, label = 'program'}]) => {
    captured.pipelines.set(pipeline, {label, wgsl: captured.modules.get(compute.module)!});
  });
  afterCalls(device.prototype, 'createBindGroup', (group, _, [{entries}]) => {
    captured.groups.set(
      group,
      [...entries].sort((a, b) => a.binding - b.binding).map(({resource}) => resource as GPUBufferBinding),
    );
  });
  afterCalls(queue.prototype, 'writeBuffer', (_, __, [buffer, , data]) => {
    if (!ArrayBuffer.isView(data)) captured.written.set(buffer, new Int32Array(data.slice(0)));
  });
  // tfjs uploads into a buffer that an output had before.
  afterCalls(encoder.prototype, 'copyBufferToBuffer', (_, __, [, , destination]) => {
    captured.outputs.delete(destination);
  });
  afterCalls(pass.prototype, 'setPipeline', (_, self, [pipeline]) => {
    captured.pipeline.set(self, captured.pipelines.get(pipeline)!);
  });
  afterCalls(pass.prototype, 'setBindGroup', (_, self, [, group]) => {
    captured.group.set(self, captured.groups.get(group!)!);
  });
  pass.prototype.dispatchWorkgroups = function (x, y = 1, z = 1) {
    captured.dispatches.push({
      ...captured.pipeline.get(this)!,
      dispatch: [x, y, z],
      ...boundOf(captured.group.get(this)!),
    });
  };
}

/** tfjs binds its output first, and its uniforms last. */
function boundOf(buffers: Buffers): Pick<Dispatch, 'uniforms' | 'bindings'> {
  captured.outputs.add(buffers[0]!.buffer);
  return {
    uniforms: captured.written.get(buffers.at(-1)!.buffer)!,
    bindings: buffers.slice(0, -1).map(({buffer, size}) => ({
      bytes: size ?? buffer.size,
      isFresh: captured.outputs.has(buffer),
    })),
  };
}

type Method<T, K extends keyof T> = T[K] extends (...given: infer A) => infer R ? {given: A; result: R} : never;

/** Has `after` called at the end of a method. */
function afterCalls<T extends object, K extends keyof T & string>(
  prototype: T,
  name: K,
  after: (result: Method<T, K>['result'], self: T, given: Method<T, K>['given']) => void,
): void {
  const original = prototype[name] as (...given: unknown[]) => unknown;
  const method = function (this: T, ...given: unknown[]): unknown {
    const result = original.apply(this, given);
    after(result, this, given);
    return result;
  };
  Object.assign(prototype, {[name]: method});
}
