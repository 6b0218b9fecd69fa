/**
 * The record that describes one call: 32-bit words in linear memory, written by ../record.ts and ../call.ts, read by call.ts. This file
 * is compiled as TypeScript and as AssemblyScript, so that both agree on every field.
 */
export enum Field {
  // Addresses in bytes.
  X,
  Y,
  SPATIAL_WEIGHTS,
  SPATIAL_BIAS,
  EXPAND_WEIGHTS,
  EXPAND_BIAS,
  PROJECT_WEIGHTS,
  PROJECT_BIAS,
  SE_REDUCE_WEIGHTS,
  SE_REDUCE_BIAS,
  SE_EXPAND_WEIGHTS,
  SE_EXPAND_BIAS,
  /** γ of the response norm. */
  RESPONSE_SCALE,
  // Sizes in elements.
  BATCH,
  HEIGHT,
  WIDTH,
  OUT_HEIGHT,
  OUT_WIDTH,
  IN_CHANNELS,
  HIDDEN_CHANNELS,
  OUT_CHANNELS,
  /** Between the two products of squeeze-and-excite. */
  SE_CHANNELS,
  /** A BlockOrder. */
  ORDER,
  // The spatial conv.
  KERNEL_HEIGHT,
  KERNEL_WIDTH,
  STRIDE,
  PAD_TOP,
  PAD_LEFT,
  GROUP_WIDTH,
  /** A SpatialKernel. */
  SPATIAL_KERNEL,
  /** A GlobalPart. */
  GLOBAL_PART,
  // Flags.
  RESIDUAL,
  LAYER_NORM,
  /** Whether the spatial activation comes after squeeze-and-excite. */
  ACTIVATION_AFTER_EXCITE,
  // float32 bits.
  LAYER_NORM_EPSILON,
  RESPONSE_EPSILON,
  RESPONSE_NORM_EPSILON,
  // The plan: output pixels of a tile, channels taken at a time, rows and columns of the image buffer.
  TILE_HEIGHT,
  TILE_WIDTH,
  CHANNEL_CHUNK,
  HIDDEN_CHUNK,
  IMAGE_ROWS,
  IMAGE_COLUMNS,
  /** Whether the image buffer keeps its rows from one tile to the next below, all hidden channels of them (expand-first). */
  KEEP_ROWS,
  /** Pixels from one panel of SPATIAL_OUT to the next (conv-first). */
  SPATIAL_OUT_STRIDE,
  /** The parts that the hidden channels are taken in, and the channels of each; the last may have fewer. */
  PARTS,
  PART_CHANNELS,
  /** Whether the parts of a tile are computed by several threads: each then has a place of its own in PART_SUMS. */
  SHARED_PARTS,
  /** Of one tile's sums over a part. Units: bytes. */
  PART_SUMS_BYTES,
  /** Of a block in two sweeps: the steps of the first; the parts that the second takes the outputs in, and the channels of each. */
  FIRST_SWEEP_STEPS,
  OUTPUT_PARTS,
  OUTPUT_PART_CHANNELS,
  // Scratch buffers, addresses in bytes.
  IMAGE,
  SPATIAL_OUT,
  SPATIAL_PANELS,
  HIDDEN_OUT,
  HIDDEN_PANELS,
  ACCUMULATOR,
  /** The sums over parts: of the tiles of a strip, or, where parts are shared, of every part of all tiles. */
  PART_SUMS,
  // The workspace between two sweeps (../workspace.ts), which all threads share, addresses in bytes; and what a tile takes of VALUES.
  VALUES,
  TILE_SUMS,
  MEANS,
  SQUEEZED,
  SQUEEZED_PANELS,
  FACTORS,
  TILE_VALUES_BYTES,
  // The step at hand, written by step.ts. Units: steps, images, output pixels, parts.
  STEP,
  /** Whether this thread's last step was the one before, so that scratch still holds what it left there. */
  FOLLOWS,
  STEP_IMAGE,
  STEP_ROW,
  STEP_COLUMN,
  STEP_PART,
  /** The output channels that it computes: the first, and one past the last. */
  STEP_OUTPUT,
  STEP_OUTPUT_END,
  /** 16 zeros: the bias of every part but the first. */
  ZEROS,
  // The activations, the words of ActivationField each.
  SPATIAL_ACTIVATION = ZEROS + 16,
  HIDDEN_ACTIVATION = SPATIAL_ACTIVATION + 14,
  OUTPUT_ACTIVATION = HIDDEN_ACTIVATION + 14,
  SE_ACTIVATION = OUTPUT_ACTIVATION + 14,
  SE_GATE = SE_ACTIVATION + 14,
  /** The addresses of the pixels that are packed into a tile. */
  PIXELS = SE_GATE + 14,
  /** Not a field: the record's length. */
  COUNT = PIXELS + 6,
}

/** The words of an activation in the record. */
export enum ActivationField {
  /** An ActivationKind. */
  KIND,
  /** The address of a PReLU's slopes, one a channel. */
  SLOPES,
  /** 12 float32 numbers, see activation.ts. */
  COEFFICIENTS,
  /** Not a field: the words in all. */
  COUNT = COEFFICIENTS + 12,
}

/** The most panels of 8 outputs that a matrix product takes at a time. */
export const GEMM_PANELS = 2;

/** The orders of the op's spec that the kernels know. */
export enum BlockOrder {
  CONV_FIRST,
  EXPAND_FIRST,
  SEPARABLE,
}

/** What needs every pixel of an image before there is any output. */
export enum GlobalPart {
  NONE,
  SQUEEZE_EXCITE,
  RESPONSE_NORM,
}

/** The micro-kernels of the spatial conv; ../microkernels.ts lists which specs each fits. */
export enum SpatialKernel {
  f32_grouped_4x8,
  f32_depthwise_k3_4x4,
  f32_depthwise_k3s2_4x4,
  f32_depthwise_k5_8x4,
  f32_depthwise_k5s2_8x4,
  f32_depthwise_k7_8x4,
  f32_depthwise_4x8,
}

/** How an activation is computed; ../activations.ts maps the op's activations to these. */
export enum ActivationKind {
  /** Between two coefficients. */
  CLAMP,
  HARD_SWISH,
  ELU,
  /** ½ + R(x), R from the coefficients. */
  GATE,
  /** x·(½ + R(x)). */
  GATED,
  HARD_SIGMOID,
  /** Where x < 0 times the channel's slope. */
  PRELU,
}
