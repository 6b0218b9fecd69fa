/** One call of the module: the record in scratch that describes it (assembly/fields.ts), written and run. */
import type {BlockGeometry, BlockSpec} from '../block.ts';
import type {ImageSize} from '../cost.ts';
import {FLOAT_BYTES, paramsLayout} from '../params.ts';
import {ACTIVATION_METHODS, gateCoefficients} from './activations.ts';
import {Field, SpatialKernel} from './assembly/fields.ts';
import type {KernelExports} from './module.ts';
import type {WasmPlan} from './plan.ts';

/** A block and where its tensors and scratch lie. Units: addresses in bytes. */
export interface Call {
  readonly spec: BlockSpec;
  readonly size: ImageSize;
  readonly geometry: BlockGeometry;
  readonly plan: WasmPlan;
  readonly x: number;
  readonly y: number;
  readonly params: number;
  readonly scratch: number;
}

/** Computes the block; whoever calls has checked that every tensor and the scratch lie in `buffer`. */
export function runCall(kernels: KernelExports, buffer: ArrayBufferLike, call: Call): void {
  writeCall(buffer, call);
  if (call.spec.order === 'conv-first') kernels.convFirst(call.scratch);
  else kernels.expandFirst(call.scratch);
}

type FloatField = 'LAYER_NORM_EPSILON' | 'SPATIAL_GATE' | 'HIDDEN_GATE';

function writeCall(buffer: ArrayBufferLike, call: Call): void {
  const {spec, size, geometry, plan, params, scratch} = call;
  const layout = paramsLayout(spec);
  const weight = (floats: number): number => params + floats * FLOAT_BYTES;
  const record: Record<Exclude<keyof typeof Field, FloatField | 'COUNT'>, number> = {
    X: call.x,
    Y: call.y,
    SPATIAL_WEIGHTS: weight(layout.spatial.weights),
    SPATIAL_BIAS: weight(layout.spatial.bias),
    EXPAND_WEIGHTS: weight(layout.expand.weights),
    EXPAND_BIAS: weight(layout.expand.bias),
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
    IMAGE: scratch + plan.offsets.image,
    SPATIAL_OUT: scratch + plan.offsets.spatialOut,
    SPATIAL_PANELS: scratch + plan.offsets.spatialPanels,
    HIDDEN_OUT: scratch + plan.offsets.hiddenOut,
    HIDDEN_PANELS: scratch + plan.offsets.hiddenPanels,
    ACCUMULATOR: scratch + plan.offsets.accumulator,
  };
  const words = new Uint32Array(buffer, scratch, Field.COUNT);
  for (const [name, value] of Object.entries(record)) words[Field[name as keyof typeof Field]] = value;
  const floats = new Float32Array(buffer, scratch, Field.COUNT);
  floats[Field.LAYER_NORM_EPSILON] = spec.layerNormEpsilon ?? 0;
  floats.set(gateCoefficients(spec.spatialActivation), Field.SPATIAL_GATE);
  floats.set(gateCoefficients(spec.hiddenActivation), Field.HIDDEN_GATE);
}
