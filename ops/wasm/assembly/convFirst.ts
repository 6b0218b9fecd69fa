/**
 * The conv-first block, tile by tile of output pixels, every intermediate in cache:
 *
 * x → image buffer (a few channels at a time) → spatial conv + act → [LayerNorm] → packed
 *   → for each chunk of hidden channels { expand → act → packed → project adds to the accumulator }
 */
import {activatePanels, highest, kindOf, lowest} from './activation';
import {address, fieldAddress, float, int} from './call';
import {f32_gemm} from './f32_gemm';
import {ActivationKind, Field, GEMM_PANELS} from './fields';
import {copyTile} from './image';
import {packClamped, packNormalized} from './pack';
import {accumulate} from './project';
import {handToProject, isKept} from './global';
import {FLOAT, ROW, roundUp} from './simd';
import {spatialTile} from './spatial';
import {endHidden, firstHidden, tileColumns, tileRows} from './tile';

/** Computes the step at hand. A step that follows one of the same tile finds its packed spatial conv in scratch. */
export function convFirst(call: usize): void {
  const pixels = tileRows(call) * tileColumns(call);
  const first = firstHidden(call), end = endHidden(call);
  const chunk = int(call, Field.HIDDEN_CHUNK);
  if (!int(call, Field.FOLLOWS) || first == 0) {
    spatialConv(call, pixels);
    packSpatial(call, pixels);
  }
  for (let hidden = first; hidden < end; hidden += chunk) {
    const depth = min(chunk, end - hidden);
    expand(call, pixels, hidden, depth);
    if (!isKept(call)) accumulate(call, pixels, hidden, depth);
  }
}

/**
 * x → SPATIAL_OUT `[panels][stride][8]`, activation included, but for one that only clamps where packing does it, or one that does
 * nothing: LayerNorm clamps nothing.
 */
function spatialConv(call: usize, pixels: i32): void {
  const channels = int(call, Field.IN_CHANNELS);
  const chunk = int(call, Field.CHANNEL_CHUNK);
  const groupWidth = int(call, Field.GROUP_WIDTH);
  const activation = fieldAddress(call, Field.SPATIAL_ACTIVATION);
  const clamps = kindOf(activation) == ActivationKind.CLAMP;
  const isLater = clamps && (!int(call, Field.LAYER_NORM) || lowest(activation) == -Infinity);
  const imageBuffer = address(call, Field.IMAGE);
  const panelBytes = <usize>(int(call, Field.IMAGE_ROWS) * int(call, Field.IMAGE_COLUMNS)) * ROW;
  const outBytes = <usize>int(call, Field.SPATIAL_OUT_STRIDE) * ROW;

  let out = address(call, Field.SPATIAL_OUT);
  for (let first = 0; first < channels; first += chunk) {
    const end = min(channels, first + chunk);
    copyTile(call, first, end - first);
    for (let channel = first; channel < end; channel += 8, out += outBytes) {
      const panel = (channel - first - (groupWidth == 1 ? 0 : channel % groupWidth)) >> 3;
      spatialTile(call, imageBuffer + <usize>panel * panelBytes, out, channel);
      if (!isLater) activatePanels(activation, channel, out, 1, <usize>pixels * ROW);
    }
  }
}

/** SPATIAL_OUT → SPATIAL_PANELS `[tiles][roundUp(channels, 8)][rows]`, LayerNorm included. */
function packSpatial(call: usize, pixels: i32): void {
  const channels = int(call, Field.IN_CHANNELS);
  const depth = roundUp(channels, 8);
  const stride = int(call, Field.SPATIAL_OUT_STRIDE);
  const from = address(call, Field.SPATIAL_OUT);
  const to = address(call, Field.SPATIAL_PANELS);
  if (int(call, Field.LAYER_NORM)) {
    packNormalized(from, stride, to, depth, pixels, channels, float(call, Field.LAYER_NORM_EPSILON));
    return;
  }
  const activation = fieldAddress(call, Field.SPATIAL_ACTIVATION);
  packClamped(lowest(activation), highest(activation), from, stride, (channels + 7) >> 3, to, depth, 0, pixels);
}

/** SPATIAL_PANELS → act → what project reads, for `depth` hidden channels from `hidden` on. */
function expand(call: usize, pixels: i32, hidden: i32, depth: i32): void {
  const channels = int(call, Field.IN_CHANNELS);
  const a = address(call, Field.SPATIAL_PANELS);
  const aStride = roundUp(channels, 8);
  const activation = fieldAddress(call, Field.HIDDEN_ACTIVATION);
  let weights = address(call, Field.EXPAND_WEIGHTS) + <usize>hidden * channels * FLOAT;
  let bias = address(call, Field.EXPAND_BIAS) + <usize>hidden * FLOAT;
  const product = address(call, Field.HIDDEN_OUT);
  const productStride = roundUp(pixels, 4);
  for (let channel = 0; channel < depth; channel += 8 * GEMM_PANELS) {
    const panels = min(GEMM_PANELS, (depth - channel + 7) >> 3);
    f32_gemm(a, aStride, weights, channels, bias, product, productStride, pixels, channels, panels);
    handToProject(call, activation, hidden + channel, product, productStride, panels, channel, pixels);
    weights += <usize>(channels * GEMM_PANELS) * ROW;
    bias += GEMM_PANELS * ROW;
  }
}
