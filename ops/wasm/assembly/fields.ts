/**
 * The record that describes one call: 32-bit words in linear memory, written by `kernel.ts`, read by `block.ts`. Both sides
 * compile this file (TypeScript and AssemblyScript), so that neither can be out of step.
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
  // Sizes in elements.
  BATCH,
  HEIGHT,
  WIDTH,
  OUT_HEIGHT,
  OUT_WIDTH,
  IN_CHANNELS,
  HIDDEN_CHANNELS,
  OUT_CHANNELS,
  // The spatial conv.
  KERNEL_HEIGHT,
  KERNEL_WIDTH,
  STRIDE,
  PAD_TOP,
  PAD_LEFT,
  GROUP_WIDTH,
  // Flags and choices: activations are indices into ACTIVATIONS of `ops/block.ts`.
  SPATIAL_ACTIVATION,
  HIDDEN_ACTIVATION,
  RESIDUAL,
  LAYER_NORM,
  /** float32 bits. */
  LAYER_NORM_EPSILON,
  // The plan: output pixels of a tile, channels taken at a time, rows and columns of the image buffer.
  TILE_HEIGHT,
  TILE_WIDTH,
  CHANNEL_CHUNK,
  HIDDEN_CHUNK,
  IMAGE_ROWS,
  IMAGE_COLUMNS,
  // Scratch buffers, addresses in bytes.
  IMAGE,
  SPATIAL_OUT,
  SPATIAL_PANELS,
  HIDDEN_OUT,
  HIDDEN_PANELS,
  ACCUMULATOR,
  /** Not a field: how many there are. */
  COUNT,
}
