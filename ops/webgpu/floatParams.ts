/**
 * Params of layout 2 back in layout 1, on the GPU: what stock ops need of a block whose own kernel does not run. WGSL unpacks
 * float16 on any device, shader-f16 or not.
 */
import type {WebGPUBackend, WebGPUProgram} from '@tensorflow/tfjs-backend-webgpu';
import type {Tensor1D} from '@tensorflow/tfjs-core';
import {backend, engine, getBackend} from '@tensorflow/tfjs-core';
import {requireFloat32} from '../validate.ts';

/**
 * Returns params in layout 1: those given, or a new tensor unpacked from layout 2, exactly.
 * Throws: `invalid-params` for layout 2 on another backend than webgpu.
 */
export function floatParams(params: Tensor1D): Tensor1D {
  if (params.dtype !== 'int32') return params;
  if (getBackend() !== 'webgpu') requireFloat32('float16', getBackend());
  const webgpu = backend() as unknown as WebGPUBackend;
  const unpacked = webgpu.runWebGPUProgram(unpackProgram(params.size), [params], 'float32');
  return engine().makeTensorFromTensorInfo(unpacked, webgpu) as Tensor1D;
}

const THREADS = 64;

/** One invocation a pair. A new object for each dispatch: tfjs writes into it. */
function unpackProgram(pairs: number): WebGPUProgram {
  return {
    shaderKey: 'unpackFloat16Params',
    variableNames: ['pairs'],
    outputShape: [2 * pairs],
    dispatchLayout: {x: [0]},
    dispatch: [Math.ceil(pairs / THREADS), 1, 1],
    workgroupSize: [THREADS, 1, 1],
    size: true,
    getUserCode: () => `
      fn main(index : i32) {
        if (2 * index < uniforms.size) {
          let pair = unpack2x16float(bitcast<u32>(pairs[index]));
          result[2 * index] = pair.x;
          result[2 * index + 1] = pair.y;
        }
      }`,
  };
}
