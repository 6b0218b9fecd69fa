/** The functions of tfjs that registering, loading and verifying work with, beside those of the op (ops/tfjs.ts). */
import {loadGraphModelSync, registerOp} from '@tensorflow/tfjs-converter';
import {
  dispose,
  env,
  findBackendFactory,
  getGradient,
  io,
  nextFrame,
  randomUniform,
  ready,
  registerGradient,
  registerKernel,
  setBackend,
  tensor,
  tensor1d,
  tensor4d,
  zeros,
} from '@tensorflow/tfjs-core';
import {OWN_CORE} from '../ops/tfjs.ts';

/** Those of the copy that this package's imports resolve to. */
export const OWN_TFJS = {
  ...OWN_CORE,
  dispose,
  env,
  findBackendFactory,
  getGradient,
  io,
  loadGraphModelSync,
  nextFrame,
  randomUniform,
  ready,
  registerGradient,
  registerKernel,
  registerOp,
  setBackend,
  tensor,
  tensor1d,
  tensor4d,
  zeros,
};

/** What a page's own copy of tfjs must bring; the union package's namespace has it all. */
export type Tfjs = typeof OWN_TFJS;
