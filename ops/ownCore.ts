/**
 * What the op needs of tfjs-core, by name: a bundler keeps what stands here and drops the rest, which it cannot do for an
 * `import *` of the package itself.
 */
export {
  add,
  backend,
  concat,
  conv2d,
  depthwiseConv2d,
  elu,
  engine,
  env,
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
