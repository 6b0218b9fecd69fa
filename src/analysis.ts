/**
 * `tfjs-block-fusion/analysis`: what a model runs, what each kernel costs, and what the machine could do; `tfjs-block-fusion/charts` draws what it finds.
 *
 * @packageDocumentation
 */
export {efficiencyGap, type EfficiencyGap, type MeasuredModel} from './analysis/efficiencyGap.ts';
export {
  type CostedKernel,
  type KernelCall,
  type KernelCost,
  kernelCost,
  type TensorShape,
} from './analysis/cost/kernelCost.ts';
export {type ModelWaterline, modelWaterline, type ModelWaterlineOptions} from './analysis/modelWaterline.ts';
export {
  type Trace,
  type TracedBlock,
  type TracedKernel,
  traceModel,
  type TraceOptions,
  traceRun,
} from './analysis/trace.ts';
export type {BlockSpec} from '../ops/block.ts';
export type {BlockRun, PlanReport} from '../ops/blockKernel.ts';
export type {ImageSize} from '../ops/cost.ts';
export type {SimdLevel} from '../ops/wasm/detect.ts';
export type {FuseOptions} from './rewrite/options.ts';
export type {FusionReport} from './rewrite/report.ts';
export type {InputOptions} from './run/inputs.ts';
export type {Pair} from './run/pair.ts';
export type {StockForm} from './run/sides.ts';
export type {BlockNodes} from './run/blockNodes.ts';
export type {TraceClock} from './run/tracedRun.ts';
export {
  type UncountedKernels,
  type Waterline,
  waterline,
  type WaterlineBlock,
  type WaterlineKernel,
  type WaterlineOptions,
  type WaterlineSum,
} from './analysis/waterline.ts';
export type {Tfjs} from './tfjs.ts';
export {type GivenRates, machineOf} from './analysis/machine/givenRates.ts';
export {type Machine, type MachineLevel, measureMachine, type RateSource} from './analysis/machine/machine.ts';
export type {BandwidthLevel, MachineRates} from './analysis/bounds.ts';
export {type BlockPrediction, predictBlock, type PredictionMachine} from './analysis/prediction/predictBlock.ts';
