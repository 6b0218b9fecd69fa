/**
 * GPU buffers for tests, in place of those of tfjs's buffer manager: each is longer than its tensor by guard values, and starts as
 * NaN. What a shader reads and nobody wrote is NaN then, and what it writes past an end is found. Far from any buffer as well where
 * WebGPU clamps indices, so to the guard's last value: as browsers do, and Dawn in Node unless it is told not to.
 */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';

/** Floats past the end, and what they are: NaN past inputs, where it spreads, a number past outputs, where it is compared. */
const GUARD = 1024;
const GUARD_VALUE = -12345.5;

/** What is replaced of tfjs's backend, and private there. */
interface BufferManager {
  acquireBuffer(size: number, usage: number, mappedAtCreation?: boolean, reuse?: boolean): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

interface Guarded {
  readonly buffer: GPUBuffer;
  readonly length: number;
  /** What an input must still hold at the end. */
  readonly values?: Float32Array;
}

export class GuardedBuffers {
  private readonly backend: WebGPUBackend;
  private readonly manager: BufferManager;
  private readonly guarded: Guarded[] = [];

  constructor(backend: WebGPUBackend) {
    this.backend = backend;
    this.manager = (backend as unknown as {bufferManager: BufferManager}).bufferManager;
  }

  /** Returns a tensor of values in a buffer of its own, with NaN past its end. */
  input(values: Float32Array): Tensor {
    const buffer = this.create(values.length, NaN, values);
    this.guarded.push({buffer, length: values.length, values});
    return tf.tensor({buffer, zeroCopy: true}, [values.length], 'float32');
  }

  /**
   * Runs what makes tensors on the GPU. Returns the values of the one that it returns; throws where a guard was overwritten, or
   * where WebGPU refused what was asked of it, which it says nowhere else.
   */
  async valuesOf(run: () => TensorInfo): Promise<Float32Array> {
    const {device} = this.backend;
    const restore = this.standIn();
    device.pushErrorScope('validation');
    const [outcome] = await Promise.allSettled([this.runAndRead(run)]);
    const refused = await device.popErrorScope();
    restore();
    if (refused !== null) throw new Error(refused.message);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  destroy(): void {
    for (const {buffer} of this.guarded) buffer.destroy();
  }

  private async runAndRead(run: () => TensorInfo): Promise<Float32Array> {
    const {dataId} = run();
    const {resource} = this.backend.tensorMap.get(dataId) as {resource: GPUBuffer};
    const values = new Map<GPUBuffer, Float32Array>();
    for (const guarded of this.guarded) values.set(guarded.buffer, await this.read(guarded));
    this.backend.disposeData(dataId);
    return values.get(resource)!;
  }

  /** Has tfjs's manager give guarded buffers for tensors, and leave them to this class. Returns what undoes it. */
  private standIn(): () => void {
    const {manager} = this;
    const acquire = manager.acquireBuffer.bind(manager);
    const release = manager.releaseBuffer.bind(manager);
    manager.acquireBuffer = (size, usage, ...rest) => {
      if ((usage & GPUBufferUsage.STORAGE) === 0) return acquire(size, usage, ...rest);
      const buffer = this.create(size / 4, GUARD_VALUE);
      this.guarded.push({buffer, length: size / 4});
      return buffer;
    };
    manager.releaseBuffer = (buffer, ...rest) => {
      if (this.guarded.every((guarded) => guarded.buffer !== buffer)) release(buffer, ...rest);
    };
    return () => {
      for (const name of ['acquireBuffer', 'releaseBuffer']) Reflect.deleteProperty(manager, name); // the class has them still
    };
  }

  /** Returns a tensor's values, its guard and, of an input, all of it being as it was. */
  private async read({buffer, length, values}: Guarded): Promise<Float32Array> {
    const floats = new Float32Array(await this.backend.getBufferData(buffer));
    const guard = floats.subarray(length);
    const isWhole = values === undefined ? guard.every((v) => v === GUARD_VALUE) : guard.every(Number.isNaN);
    if (!isWhole) throw new Error(`the guard past a tensor of ${length} values was overwritten`);
    const got = floats.subarray(0, length);
    if (values !== undefined && !got.every((value, i) => Object.is(value, values[i])))
      throw new Error('an input was overwritten');
    return got;
  }

  private create(length: number, guard: number, values?: Float32Array): GPUBuffer {
    const {STORAGE, COPY_SRC, COPY_DST} = GPUBufferUsage;
    const size = (length + GUARD) * 4;
    const buffer = this.backend.device.createBuffer({
      size,
      usage: STORAGE | COPY_SRC | COPY_DST,
      mappedAtCreation: true,
    });
    const floats = new Float32Array(buffer.getMappedRange());
    floats.fill(NaN, 0, length).fill(guard, length);
    if (values !== undefined) floats.set(values);
    buffer.unmap();
    return buffer;
  }
}
