/** One call of the module: the records in scratch that describe it to its threads (assembly/fields.ts), written and run. */
import {FLOAT_BYTES, type LayerSection, paramsLayout} from '../params.ts';
import type {Activation, BlockSpec} from '../block.ts';
import {ACTIVATION_METHODS, activationCoefficients} from './activations.ts';
import {ActivationField, BlockOrder, Field, GlobalPart, SpatialKernel} from './assembly/fields.ts';
import type {KernelExports} from './module.ts';
import type {Schedule} from './schedule.ts';
import type {PlannedBlock} from './tiles.ts';
import {workspaceOf} from './workspace.ts';

/** A block and where its tensors and scratch lie. Units: addresses in bytes. */
export interface Call extends PlannedBlock {
  readonly schedule: Schedule;
  readonly x: number;
  readonly y: number;
  readonly params: number;
  /** `scratchBytes(call)` of them. */
  readonly scratch: number;
}

/** What a call takes beside its output: scratch for each thread, then the sums of shared parts or the workspace. Units: bytes. */
export function scratchBytes(call: PlannedBlock & Pick<Call, 'schedule'>): number {
  const {plan, schedule} = call;
  return schedule.threads * plan.scratchBytes + schedule.sharedBytes + workspaceOf(call).bytes;
}

/** Computes the steps of a call on this thread alone. */
export function runSteps(kernels: KernelExports, {sweeps}: Schedule, record: number): 'done' {
  for (const [i, {first, end}] of sweeps.entries()) {
    for (let step = first; step < end; step++) {
      kernels.computeStep(record, step);
      kernels.storeStep(record);
    }
    kernels.endSweep(record, i);
  }
  return 'done';
}

/** No step follows it. */
const NO_STEP = -2;

type FloatField = 'LAYER_NORM_EPSILON' | 'RESPONSE_EPSILON' | 'RESPONSE_NORM_EPSILON';
type ActivationName = 'SPATIAL_ACTIVATION' | 'HIDDEN_ACTIVATION' | 'OUTPUT_ACTIVATION' | 'SE_ACTIVATION' | 'SE_GATE';
/** Zero until a step is at hand. */
type StepField =
  | 'FOLLOWS'
  | 'STEP_IMAGE'
  | 'STEP_ROW'
  | 'STEP_COLUMN'
  | 'STEP_PART'
  | 'STEP_OUTPUT'
  | 'STEP_OUTPUT_END'
  | 'ZEROS'
  | 'PIXELS';

/** The scratch buffers, of which every thread has its own. */
const OWN_BUFFERS = [
  Field.IMAGE,
  Field.SPATIAL_OUT,
  Field.SPATIAL_PANELS,
  Field.HIDDEN_OUT,
  Field.HIDDEN_PANELS,
  Field.ACCUMULATOR,
];

/** Writes a record for each thread, at the start of its scratch. Returns their addresses. */
export function writeCall(buffer: ArrayBufferLike, call: Call): number[] {
  const {plan, schedule, scratch} = call;
  writeRecord(buffer, call);
  const words = new Uint32Array(buffer);
  const own = schedule.sharedParts ? OWN_BUFFERS : [...OWN_BUFFERS, Field.PART_SUMS];
  return Array.from({length: schedule.threads}, (_, thread) => {
    const offset = thread * plan.scratchBytes;
    const record = scratch + offset;
    if (thread === 0) return record;
    words.copyWithin(record / 4, scratch / 4, scratch / 4 + Field.COUNT);
    for (const field of own) words[record / 4 + field]! += offset;
    return record;
  });
}

function writeRecord(buffer: ArrayBufferLike, call: Call): void {
  const {spec, size, geometry, plan, schedule, params, scratch} = call;
  const {squeezeExcite, responseNorm} = spec;
  const layout = paramsLayout(spec);
  /** What a block has not is nowhere. */
  const weight = (floats: number | null | undefined): number => params + (floats ?? 0) * FLOAT_BYTES;
  const workspace = workspaceOf(call);
  const shared = scratch + schedule.threads * plan.scratchBytes;
  const record: Record<Exclude<keyof typeof Field, FloatField | ActivationName | StepField | 'COUNT'>, number> = {
    X: call.x,
    Y: call.y,
    SPATIAL_WEIGHTS: weight(layout.spatial.weights),
    SPATIAL_BIAS: weight(layout.spatial.bias),
    EXPAND_WEIGHTS: weight(layout.expand?.weights),
    EXPAND_BIAS: weight(layout.expand?.bias),
    PROJECT_WEIGHTS: weight(layout.project.weights),
    PROJECT_BIAS: weight(layout.project.bias),
    SE_REDUCE_WEIGHTS: weight(layout.seReduce?.weights),
    SE_REDUCE_BIAS: weight(layout.seReduce?.bias),
    SE_EXPAND_WEIGHTS: weight(layout.seExpand?.weights),
    SE_EXPAND_BIAS: weight(layout.seExpand?.bias),
    RESPONSE_SCALE: weight(layout.responseNorm),
    BATCH: size.batch,
    HEIGHT: size.height,
    WIDTH: size.width,
    OUT_HEIGHT: geometry.outHeight,
    OUT_WIDTH: geometry.outWidth,
    IN_CHANNELS: spec.inChannels,
    HIDDEN_CHANNELS: spec.hiddenChannels,
    OUT_CHANNELS: spec.outChannels,
    SE_CHANNELS: squeezeExcite?.channels ?? 0,
    ORDER: ORDERS[spec.order],
    KERNEL_HEIGHT: spec.kernelSize[0],
    KERNEL_WIDTH: spec.kernelSize[1],
    STRIDE: spec.stride,
    PAD_TOP: geometry.pad.top,
    PAD_LEFT: geometry.pad.left,
    GROUP_WIDTH: spec.groupWidth,
    SPATIAL_KERNEL: SpatialKernel[plan.spatialKernel],
    GLOBAL_PART: globalPartOf(spec),
    RESIDUAL: Number(spec.residual),
    LAYER_NORM: Number(spec.layerNormEpsilon !== null),
    ACTIVATION_AFTER_EXCITE: Number(squeezeExcite?.beforeActivation ?? false),
    TILE_HEIGHT: plan.tileHeight,
    TILE_WIDTH: plan.tileWidth,
    CHANNEL_CHUNK: plan.channelChunk,
    HIDDEN_CHUNK: plan.hiddenChunk,
    IMAGE_ROWS: plan.imageRows,
    IMAGE_COLUMNS: plan.imageColumns,
    KEEP_ROWS: Number(plan.keepRows),
    SPATIAL_OUT_STRIDE: plan.spatialOutStride,
    PARTS: plan.parts,
    PART_CHANNELS: plan.partChannels,
    SHARED_PARTS: Number(schedule.sharedParts),
    PART_SUMS_BYTES: plan.sumsBytes,
    FIRST_SWEEP_STEPS: schedule.sweeps.length > 1 ? schedule.sweeps[0]!.end : 0,
    OUTPUT_PARTS: plan.outputParts,
    OUTPUT_PART_CHANNELS: plan.outputPartChannels,
    IMAGE: scratch + plan.offsets.image,
    SPATIAL_OUT: scratch + plan.offsets.spatialOut,
    SPATIAL_PANELS: scratch + plan.offsets.spatialPanels,
    HIDDEN_OUT: scratch + plan.offsets.hiddenOut,
    HIDDEN_PANELS: scratch + plan.offsets.hiddenPanels,
    ACCUMULATOR: scratch + plan.offsets.accumulator,
    PART_SUMS: schedule.sharedParts ? shared : scratch + plan.offsets.partSums,
    VALUES: shared + workspace.values,
    TILE_SUMS: shared + workspace.tileSums,
    MEANS: shared + workspace.means,
    SQUEEZED: shared + workspace.squeezed,
    SQUEEZED_PANELS: shared + workspace.squeezedPanels,
    FACTORS: shared + workspace.factors,
    TILE_VALUES_BYTES: workspace.tileValuesBytes,
    STEP: NO_STEP,
  };
  const words = new Uint32Array(buffer, scratch, Field.COUNT).fill(0);
  for (const [name, value] of Object.entries(record)) words[Field[name as keyof typeof Field]] = value;
  const floats = new Float32Array(buffer, scratch, Field.COUNT);
  floats[Field.LAYER_NORM_EPSILON] = spec.layerNormEpsilon ?? 0;
  floats[Field.RESPONSE_EPSILON] = responseNorm?.epsilon ?? 0;
  floats[Field.RESPONSE_NORM_EPSILON] = responseNorm?.normEpsilon ?? 0;
  const activations: Readonly<Record<ActivationName, readonly [Activation, LayerSection | null]>> = {
    SPATIAL_ACTIVATION: [spec.spatialActivation, layout.spatial],
    HIDDEN_ACTIVATION: [spec.hiddenActivation, layout.expand],
    OUTPUT_ACTIVATION: [spec.outputActivation, layout.project],
    SE_ACTIVATION: [squeezeExcite?.activation ?? 'linear', layout.seReduce],
    SE_GATE: [squeezeExcite?.gate ?? 'linear', layout.seExpand],
  };
  for (const [name, [activation, section]] of Object.entries(activations)) {
    const at = Field[name as ActivationName];
    words[at + ActivationField.KIND] = ACTIVATION_METHODS[activation].kind;
    words[at + ActivationField.SLOPES] = weight(section?.slopes);
    floats.set(activationCoefficients(activation), at + ActivationField.COEFFICIENTS);
  }
}

const ORDERS: Readonly<Record<BlockSpec['order'], BlockOrder>> = {
  'conv-first': BlockOrder.CONV_FIRST,
  'expand-first': BlockOrder.EXPAND_FIRST,
  separable: BlockOrder.SEPARABLE,
};

function globalPartOf({squeezeExcite, responseNorm}: BlockSpec): GlobalPart {
  if (squeezeExcite !== null) return GlobalPart.SQUEEZE_EXCITE;
  return responseNorm === null ? GlobalPart.NONE : GlobalPart.RESPONSE_NORM;
}
