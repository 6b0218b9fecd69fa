/** One call of the module: the records in scratch that describe it to its threads (assembly/fields.ts), written and run. */
import {FLOAT_BYTES, paramsLayout} from '../params.ts';
import {ACTIVATION_METHODS, activationCoefficients} from './activations.ts';
import {BlockOrder, Field, SpatialKernel} from './assembly/fields.ts';
import type {KernelExports} from './module.ts';
import type {Schedule} from './schedule.ts';
import type {PlannedBlock} from './tiles.ts';

/** A block and where its tensors and scratch lie. Units: addresses in bytes. */
export interface Call extends PlannedBlock {
  readonly schedule: Schedule;
  readonly x: number;
  readonly y: number;
  readonly params: number;
  /** `scratchBytes(call)` of them. */
  readonly scratch: number;
}

/** What a call takes beside its output: scratch for each thread, then the sums of shared parts. Units: bytes. */
export function scratchBytes({plan, schedule}: Pick<Call, 'plan' | 'schedule'>): number {
  return schedule.threads * plan.scratchBytes + schedule.sharedBytes;
}

/** Computes the steps of a call on this thread alone. */
export function runSteps(kernels: KernelExports, {steps, sharedParts}: Schedule, record: number): 'done' {
  for (let step = 0; step < steps; step++) {
    kernels.computeStep(record, step);
    kernels.storeStep(record);
  }
  if (sharedParts) kernels.joinParts(record);
  return 'done';
}

/** No step follows it. */
const NO_STEP = -2;

type FloatField = 'LAYER_NORM_EPSILON' | 'SPATIAL_GATE' | 'HIDDEN_GATE';
/** Zero until a step is at hand. */
type StepField = 'FOLLOWS' | 'STEP_IMAGE' | 'STEP_ROW' | 'STEP_COLUMN' | 'STEP_PART' | 'ZEROS' | 'PIXELS';

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
  const layout = paramsLayout(spec);
  const weight = (floats: number): number => params + floats * FLOAT_BYTES;
  const record: Record<Exclude<keyof typeof Field, FloatField | StepField | 'COUNT'>, number> = {
    X: call.x,
    Y: call.y,
    SPATIAL_WEIGHTS: weight(layout.spatial.weights),
    SPATIAL_BIAS: weight(layout.spatial.bias),
    EXPAND_WEIGHTS: weight((layout.expand ?? layout.project).weights),
    EXPAND_BIAS: weight((layout.expand ?? layout.project).bias),
    PROJECT_WEIGHTS: weight(layout.project.weights),
    PROJECT_BIAS: weight(layout.project.bias),
    BATCH: size.batch,
    HEIGHT: size.height,
    WIDTH: size.width,
    OUT_HEIGHT: geometry.outHeight,
    OUT_WIDTH: geometry.outWidth,
    IN_CHANNELS: spec.inChannels,
    HIDDEN_CHANNELS: spec.hiddenChannels,
    OUT_CHANNELS: spec.outChannels,
    ORDER: spec.order === 'conv-first' ? BlockOrder.CONV_FIRST : BlockOrder.EXPAND_FIRST,
    KERNEL_HEIGHT: spec.kernelSize[0],
    KERNEL_WIDTH: spec.kernelSize[1],
    STRIDE: spec.stride,
    PAD_TOP: geometry.pad.top,
    PAD_LEFT: geometry.pad.left,
    GROUP_WIDTH: spec.groupWidth,
    SPATIAL_KERNEL: SpatialKernel[plan.spatialKernel],
    SPATIAL_ACTIVATION: ACTIVATION_METHODS[spec.spatialActivation].kind,
    HIDDEN_ACTIVATION: ACTIVATION_METHODS[spec.hiddenActivation].kind,
    RESIDUAL: Number(spec.residual),
    LAYER_NORM: Number(spec.layerNormEpsilon !== null),
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
    IMAGE: scratch + plan.offsets.image,
    SPATIAL_OUT: scratch + plan.offsets.spatialOut,
    SPATIAL_PANELS: scratch + plan.offsets.spatialPanels,
    HIDDEN_OUT: scratch + plan.offsets.hiddenOut,
    HIDDEN_PANELS: scratch + plan.offsets.hiddenPanels,
    ACCUMULATOR: scratch + plan.offsets.accumulator,
    PART_SUMS: scratch + (schedule.sharedParts ? schedule.threads * plan.scratchBytes : plan.offsets.partSums),
    STEP: NO_STEP,
  };
  const words = new Uint32Array(buffer, scratch, Field.COUNT).fill(0);
  for (const [name, value] of Object.entries(record)) words[Field[name as keyof typeof Field]] = value;
  const floats = new Float32Array(buffer, scratch, Field.COUNT);
  floats[Field.LAYER_NORM_EPSILON] = spec.layerNormEpsilon ?? 0;
  floats.set(activationCoefficients(spec.spatialActivation), Field.SPATIAL_GATE);
  floats.set(activationCoefficients(spec.hiddenActivation), Field.HIDDEN_GATE);
}
