/** What the module exports: the steps of a block, and the micro-kernels for tests and benches (microkernels.ts lists them). */
export {computeStep, joinParts, storeStep} from './step';
export {f32_gemm} from './f32_gemm';
export {f32_depthwise_4x8} from './f32_depthwise_4x8';
export {
  f32_depthwise_k3_4x4,
  f32_depthwise_k3s2_4x4,
  f32_depthwise_k5_8x4,
  f32_depthwise_k5s2_8x4,
  f32_depthwise_k7_8x4,
} from './f32_depthwise_rows';
export {f32_grouped_4x8} from './f32_grouped_4x8';
export {activate} from './activation';
export {packWeights} from './packWeights';
