/** What the module exports: the steps of a block, the packing of weights, and what tests and benches look at alone. */
export {computeStep, endSweep, storeStep} from './step';
export {f32_gemm} from './f32_gemm';
export {activate} from './activation';
export {packWeights} from './packWeights';
