/**
 * The record of a call (assembly/fields.ts), but for where its tensors and scratch lie: a network makes the same calls at every run, and
 * call.ts only adds the addresses.
 */
import type {Activation, BlockSpec} from '../block.ts';
import {FLOAT_BYTES, type LayerSection, paramsLayout, type ParamsLayout} from '../params.ts';
import {ACTIVATION_METHODS, activationCoefficients} from './activations.ts';
import {ActivationField, BlockOrder, Field, GlobalPart, SpatialKernel} from './assembly/fields.ts';
import type {Schedule} from './schedule.ts';
import type {PlannedBlock} from './tiles.ts';
import {type Workspace, workspaceOf} from './workspace.ts';

/** A block with how its call is shared out. */
export interface ScheduledBlock extends PlannedBlock {
  readonly schedule: Schedule;
}

export interface CallRecord {
  /** Addresses in it count from the start of params, or of scratch. Shapes: `[Field.COUNT]`. */
  readonly words: Uint32Array;
  /** The words that are addresses in params. */
  readonly inParams: readonly number[];
  /** The words that are addresses in scratch. */
  readonly inScratch: readonly number[];
  /** What the call takes beside its output: scratch for each thread, then the sums of shared parts or the workspace. */
  readonly scratchBytes: number;
}

/** No step follows it. */
const NO_STEP = -2;

type ActivationName = 'SPATIAL_ACTIVATION' | 'HIDDEN_ACTIVATION' | 'OUTPUT_ACTIVATION' | 'SE_ACTIVATION' | 'SE_GATE';
type FloatField = 'LAYER_NORM_EPSILON' | 'RESPONSE_EPSILON' | 'RESPONSE_NORM_EPSILON';
type ParamsField =
  `${'SPATIAL' | 'EXPAND' | 'PROJECT' | 'SE_REDUCE' | 'SE_EXPAND'}_${'WEIGHTS' | 'BIAS'}` | 'RESPONSE_SCALE';
type ScratchField =
  | 'IMAGE'
  | 'SPATIAL_OUT'
  | 'SPATIAL_PANELS'
  | 'HIDDEN_OUT'
  | 'HIDDEN_PANELS'
  | 'ACCUMULATOR'
  | 'PART_SUMS'
  | 'VALUES'
  | 'TILE_SUMS'
  | 'MEANS'
  | 'SQUEEZED'
  | 'SQUEEZED_PANELS'
  | 'FACTORS';
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
type SizeField = Exclude<
  keyof typeof Field,
  ActivationName | FloatField | ParamsField | ScratchField | StepField | 'X' | 'Y' | 'COUNT'
>;

/** Returns the record of a block's calls. */
export function recordOf(block: ScheduledBlock): CallRecord {
  const words = new Uint32Array(Field.COUNT);
  const put = (fields: Readonly<Partial<Record<keyof typeof Field, number>>>): number[] =>
    Object.entries(fields).map(([name, value]) => {
      const at = Field[name as keyof typeof Field];
      words[at] = value;
      return at;
    });
  const layout = paramsLayout(block.spec);
  const inParams = [...put(paramsFields(layout)), ...putActivations(words, block.spec, layout)];
  const {plan, schedule} = block;
  const workspace = workspaceOf(block);
  const shared = schedule.threads * plan.scratchBytes;
  put(sizesOf(block, workspace));
  const inScratch = put(scratchFields(block, {workspace, shared}));
  putEpsilons(new Float32Array(words.buffer), block.spec);
  return {words, inParams, inScratch, scratchBytes: shared + schedule.sharedBytes + workspace.bytes};
}

function sizesOf(
  {spec, size, geometry, plan, schedule}: ScheduledBlock,
  {tileValuesBytes}: Workspace,
): Readonly<Record<SizeField, number>> {
  const {squeezeExcite} = spec;
  return {
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
    TILE_VALUES_BYTES: tileValuesBytes,
    STEP: NO_STEP,
  };
}

/** What a block has not is at the start: nothing reads it. */
function paramsFields(layout: ParamsLayout): Readonly<Record<ParamsField, number>> {
  const bytes = (floats: number | null | undefined): number => (floats ?? 0) * FLOAT_BYTES;
  return {
    SPATIAL_WEIGHTS: bytes(layout.spatial.weights),
    SPATIAL_BIAS: bytes(layout.spatial.bias),
    EXPAND_WEIGHTS: bytes(layout.expand?.weights),
    EXPAND_BIAS: bytes(layout.expand?.bias),
    PROJECT_WEIGHTS: bytes(layout.project.weights),
    PROJECT_BIAS: bytes(layout.project.bias),
    SE_REDUCE_WEIGHTS: bytes(layout.seReduce?.weights),
    SE_REDUCE_BIAS: bytes(layout.seReduce?.bias),
    SE_EXPAND_WEIGHTS: bytes(layout.seExpand?.weights),
    SE_EXPAND_BIAS: bytes(layout.seExpand?.bias),
    RESPONSE_SCALE: bytes(layout.responseNorm),
  };
}

/** The first thread's own buffers, and from `shared` on what all threads use. */
function scratchFields(
  {plan: {offsets}, schedule}: ScheduledBlock,
  {workspace, shared}: {workspace: Workspace; shared: number},
): Readonly<Record<ScratchField, number>> {
  return {
    IMAGE: offsets.image,
    SPATIAL_OUT: offsets.spatialOut,
    SPATIAL_PANELS: offsets.spatialPanels,
    HIDDEN_OUT: offsets.hiddenOut,
    HIDDEN_PANELS: offsets.hiddenPanels,
    ACCUMULATOR: offsets.accumulator,
    PART_SUMS: schedule.sharedParts ? shared : offsets.partSums,
    VALUES: shared + workspace.values,
    TILE_SUMS: shared + workspace.tileSums,
    MEANS: shared + workspace.means,
    SQUEEZED: shared + workspace.squeezed,
    SQUEEZED_PANELS: shared + workspace.squeezedPanels,
    FACTORS: shared + workspace.factors,
  };
}

/** Returns the words that are addresses of slopes. */
function putActivations(words: Uint32Array, spec: BlockSpec, layout: ParamsLayout): number[] {
  const {squeezeExcite} = spec;
  const floats = new Float32Array(words.buffer);
  const activations: Readonly<Record<ActivationName, readonly [Activation, LayerSection | null]>> = {
    SPATIAL_ACTIVATION: [spec.spatialActivation, layout.spatial],
    HIDDEN_ACTIVATION: [spec.hiddenActivation, layout.expand],
    OUTPUT_ACTIVATION: [spec.outputActivation, layout.project],
    SE_ACTIVATION: [squeezeExcite?.activation ?? 'linear', layout.seReduce],
    SE_GATE: [squeezeExcite?.gate ?? 'linear', layout.seExpand],
  };
  return Object.entries(activations).map(([name, [activation, section]]) => {
    const at = Field[name as ActivationName];
    const slopes = at + ActivationField.SLOPES;
    words[at + ActivationField.KIND] = ACTIVATION_METHODS[activation].kind;
    words[slopes] = (section?.slopes ?? 0) * FLOAT_BYTES;
    floats.set(activationCoefficients(activation), at + ActivationField.COEFFICIENTS);
    return slopes;
  });
}

function putEpsilons(floats: Float32Array, {layerNormEpsilon, responseNorm}: BlockSpec): void {
  const epsilons: Readonly<Record<FloatField, number>> = {
    LAYER_NORM_EPSILON: layerNormEpsilon ?? 0,
    RESPONSE_EPSILON: responseNorm?.epsilon ?? 0,
    RESPONSE_NORM_EPSILON: responseNorm?.normEpsilon ?? 0,
  };
  for (const [name, value] of Object.entries(epsilons)) floats[Field[name as FloatField]] = value;
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
