/** What is captured of a device: its classes are made up here, and used as tfjs uses them. */
import type {Tensor} from '@tensorflow/tfjs-core';
import {captureDispatches, dispatchesOf} from '../../../bench/gpu/dispatches.ts';

interface Buffer {
  readonly size: number;
}

class Device {
  declare createShaderModule: (given: {code: string}) => object;
  declare createComputePipeline: (given: object) => object;
  declare createBindGroup: (given: object) => object;
}

class Queue {
  declare writeBuffer: (buffer: Buffer, offset: number, data: ArrayBuffer) => void;
}

class Commands {
  declare copyBufferToBuffer: (...given: unknown[]) => void;
}

class Encoder {
  declare setPipeline: (pipeline: object) => void;
  declare setBindGroup: (index: number, group: object) => void;
  declare dispatchWorkgroups: (...sizes: number[]) => void;
}

const made = (): object => ({});
const nothing = (): void => undefined;
const run = jest.fn();
Object.assign(Device.prototype, {createShaderModule: made, createComputePipeline: made, createBindGroup: made});
Object.assign(Queue.prototype, {writeBuffer: nothing});
Object.assign(Commands.prototype, {copyBufferToBuffer: nothing});
Object.assign(Encoder.prototype, {setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: run});

const tensor = {data: async () => Promise.resolve(), dispose: () => undefined} as unknown as Tensor;

it('captures text, size, uniforms and buffers of a dispatch, and does not run it', async () => {
  Object.assign(globalThis, {GPUDevice: Device, GPUQueue: Queue});
  Object.assign(globalThis, {GPUCommandEncoder: Commands, GPUComputePassEncoder: Encoder});
  captureDispatches();
  const [device, queue] = [new Device(), new Queue()];
  const module = device.createShaderModule({code: 'text'});
  const pipeline = device.createComputePipeline({compute: {module}, label: 'Program'});
  const [x, middle, y, weights]: Buffer[] = [{size: 64}, {size: 32}, {size: 16}, {size: 8}];
  const uniforms: Buffer = {size: 8};

  const dispatch = (output: Buffer, inputs: readonly Buffer[], value: number): void => {
    queue.writeBuffer(uniforms, 0, Int32Array.of(7, value).buffer);
    const buffers = [output, ...inputs, uniforms].map((buffer, binding) => ({binding, resource: {buffer}}));
    const encoder = new Encoder();
    encoder.setPipeline(pipeline);
    // Entries come in any order.
    encoder.setBindGroup(0, device.createBindGroup({entries: buffers.reverse()}));
    encoder.dispatchWorkgroups(3, 2);
  };
  // What weights are uploaded into was an output once.
  dispatch(weights!, [x!], 0);
  new Commands().copyBufferToBuffer(y, 0, weights, 0, 8);
  const dispatches = await dispatchesOf(() => {
    dispatch(middle!, [x!, weights!], 1);
    dispatch(y!, [middle!, weights!], 2);
    return tensor;
  });

  const fresh = (bytes: number, isFresh: boolean): object => ({bytes, isFresh});
  const common = {label: 'Program', wgsl: 'text', dispatch: [3, 2, 1]};
  expect(dispatches).toEqual([
    {...common, uniforms: Int32Array.of(7, 1), bindings: [fresh(32, true), fresh(64, false), fresh(8, false)]},
    {...common, uniforms: Int32Array.of(7, 2), bindings: [fresh(16, true), fresh(32, true), fresh(8, false)]},
  ]);
  expect(run).not.toHaveBeenCalled();
});
