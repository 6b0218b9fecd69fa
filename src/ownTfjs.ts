/** What the library needs of tfjs, by name, as ops/ownCore.ts has what the op needs. */
export * from '../ops/ownCore.ts';
export {loadGraphModelSync, registerOp} from '@tensorflow/tfjs-converter';
export {
  dispose,
  env,
  findBackendFactory,
  getGradient,
  io,
  nextFrame,
  randomUniform,
  ready,
  registerBackend,
  registerGradient,
  registerKernel,
  removeBackend,
  setBackend,
  tensor,
  tensor1d,
  tensor4d,
  zeros,
} from '@tensorflow/tfjs-core';
