/**
 * The functions of tfjs-core that the op works with. A page may hold a copy of its own (a script tag's `tf`, a second copy in a
 * bundle), and a kernel or op registered in one copy is unknown to the other: so whatever calls or registers takes them as a
 * parameter. They are listed, not `import *`: a bundler would keep all of tfjs for that.
 */
import {
  add,
  backend,
  concat,
  conv2d,
  depthwiseConv2d,
  elu,
  engine,
  erf,
  getBackend,
  getKernel,
  grads,
  mean,
  mul,
  pad,
  relu,
  relu6,
  reshape,
  rsqrt,
  sigmoid,
  slice,
  split,
  square,
  sub,
  tanh,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';

/** Those of the copy that this package's imports resolve to. */
export const OWN_CORE = {
  add,
  backend,
  concat,
  conv2d,
  depthwiseConv2d,
  elu,
  engine,
  erf,
  getBackend,
  getKernel,
  grads,
  mean,
  mul,
  pad,
  relu,
  relu6,
  reshape,
  rsqrt,
  sigmoid,
  slice,
  split,
  square,
  sub,
  tanh,
  tidy,
  transpose,
};

export type TfCore = typeof OWN_CORE;
