/**
 * The conv-first block, tile by tile of output pixels, every intermediate in cache:
 *
 * x → image buffer (a few channels at a time) → spatial conv + act → [LayerNorm] → packed
 *   → for each chunk of hidden channels { expand → act → packed → project adds to the accumulator }
 */
import {activate} from './activation';
import {address, fieldAddress, float, int} from './call';
import {f32_gemm_4x8_packed} from './f32_gemm_4x8';
import {ActivationKind, Field} from './fields';
import {copyRow} from './image';
import {packNormalized, packPanel} from './pack';
import {accumulate} from './project';
import {FLOAT, ROW, roundUp, VECTOR} from './simd';
import {spatialRow} from './spatial';
import {endHidden, firstHidden, tileColumns, tileRows} from './tile';

/** Computes the step at hand. A step that follows one of the same tile finds its packed spatial conv in scratch. */
export function convFirst(call: usize): void {
  const height = tileRows(call), width = tileColumns(call);
  const pixels = roundUp(height * width, 4);
  const first = firstHidden(call), end = endHidden(call);
  const chunk = int(call, Field.HIDDEN_CHUNK);
  if (!int(call, Field.FOLLOWS) || first == 0) {
    const image = int(call, Field.STEP_IMAGE), row = int(call, Field.STEP_ROW), column = int(call, Field.STEP_COLUMN);
    spatialConv(call, image, row, column, height, width);
    packSpatial(call, pixels);
  }
  for (let hidden = first; hidden < end; hidden += chunk) {
    const depth = min(chunk, end - hidden);
    expand(call, pixels, hidden, depth);
    accumulate(call, pixels, hidden, depth);
  }
}

/** x → SPATIAL_OUT `[panels][stride][8]`, activation included. */
function spatialConv(call: usize, image: i32, row: i32, column: i32, height: i32, width: i32): void {
  const channels = int(call, Field.IN_CHANNELS);
  const chunk = int(call, Field.CHANNEL_CHUNK);
  const stride = int(call, Field.STRIDE);
  const groupWidth = int(call, Field.GROUP_WIDTH);
  const activation = int(call, Field.SPATIAL_ACTIVATION);
  const gate = fieldAddress(call, Field.SPATIAL_GATE);
  const imageBuffer = address(call, Field.IMAGE);
  const panelBytes = <usize>(int(call, Field.IMAGE_ROWS) * int(call, Field.IMAGE_COLUMNS)) * ROW;
  const outBytes = <usize>int(call, Field.SPATIAL_OUT_STRIDE) * ROW;
  const firstColumn = column * stride - int(call, Field.PAD_LEFT);
  const firstRow = row * stride - int(call, Field.PAD_TOP);
  const endRow = min(int(call, Field.HEIGHT), firstRow + (height - 1) * stride + int(call, Field.KERNEL_HEIGHT));

  let out = address(call, Field.SPATIAL_OUT);
  for (let first = 0; first < channels; first += chunk) {
    const end = min(channels, first + chunk);
    for (let r = max(0, firstRow); r < endRow; r++) copyRow(call, image, r, firstColumn, first, end - first);
    for (let channel = first; channel < end; channel += 8, out += outBytes) {
      const panel = (channel - first - (groupWidth == 1 ? 0 : channel % groupWidth)) >> 3;
      const from = imageBuffer + <usize>panel * panelBytes;
      for (let r = 0; r < height; r++) {
        const to = out + <usize>(r * width) * ROW;
        spatialRow(call, from, to, row + r, width, channel);
      }
      if (activation != ActivationKind.LINEAR) activate(activation, gate, out, out, <usize>(height * width) * ROW);
    }
  }
}

/** SPATIAL_OUT → SPATIAL_PANELS `[pixels/4][roundUp(channels, 8)][4]`, LayerNorm included. */
function packSpatial(call: usize, pixels: i32): void {
  const channels = int(call, Field.IN_CHANNELS);
  const depth = roundUp(channels, 8);
  const stride = int(call, Field.SPATIAL_OUT_STRIDE);
  let from = address(call, Field.SPATIAL_OUT);
  let to = address(call, Field.SPATIAL_PANELS);
  if (int(call, Field.LAYER_NORM)) {
    packNormalized(from, stride, to, depth, pixels, channels, float(call, Field.LAYER_NORM_EPSILON));
    return;
  }
  for (let channel = 0; channel < channels; channel += 8) {
    packPanel(from, to, depth, pixels);
    from += <usize>stride * ROW;
    to += 8 * VECTOR;
  }
}

/** SPATIAL_PANELS → act → HIDDEN_PANELS `[pixels/4][HIDDEN_CHUNK][4]`, for `depth` hidden channels from `hidden` on. */
function expand(call: usize, pixels: i32, hidden: i32, depth: i32): void {
  const channels = int(call, Field.IN_CHANNELS);
  const a = address(call, Field.SPATIAL_PANELS);
  const aStride = roundUp(channels, 8);
  const activation = int(call, Field.HIDDEN_ACTIVATION);
  const gate = fieldAddress(call, Field.HIDDEN_GATE);
  const stride = int(call, Field.HIDDEN_CHUNK);
  let weights = address(call, Field.EXPAND_WEIGHTS) + <usize>hidden * channels * FLOAT;
  let bias = address(call, Field.EXPAND_BIAS) + <usize>hidden * FLOAT;
  let out = address(call, Field.HIDDEN_PANELS);
  for (let channel = 0; channel < depth; channel += 8) {
    f32_gemm_4x8_packed(a, aStride, weights, bias, out, stride, pixels, channels);
    if (activation != ActivationKind.LINEAR) {
      let at = out;
      for (let pixel = 0; pixel < pixels; pixel += 4, at += <usize>stride * VECTOR) {
        activate(activation, gate, at, at, 8 * VECTOR);
      }
    }
    weights += <usize>channels * ROW;
    bias += ROW;
    out += 8 * VECTOR;
  }
}
