/**
 * The subpath for analysis: what a model runs, what each kernel costs, and what the machine could do. Exports only; src/charts.ts draws what it finds.
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
