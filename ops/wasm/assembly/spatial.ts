/**
 * The spatial conv: a row of outputs of 8 channels, by the micro-kernel that the plan chose.
 *
 * All micro-kernels have the signature (image, out, pixels, taps, slot0, rows, rowBytes, filter, bias), and some of them the call.
 * Read: the image buffer in panel form `[panels][rows][columns][8]` from `image` on (the channels' own panel, or the first panel of
 * their group), input row r in its row r mod `rows`, zeros in the columns where the padding is; from row `slot0` on, the rows under
 * `taps` rows of the window, with their part of the filter panel `[taps·kw·groupWidth][8]`; the bias `[8]`.
 * Write: `[pixels][8]` at `out`, and on to a whole number of the kernel's tiles, so that `out` and the image's columns need that
 * slack.
 */
import {address, int} from './call';
import {f32_depthwise_4x8} from './f32_depthwise_4x8';
import {
  f32_depthwise_k3_4x4,
  f32_depthwise_k3s2_4x4,
  f32_depthwise_k5_8x4,
  f32_depthwise_k5s2_8x4,
  f32_depthwise_k7_8x4,
} from './f32_depthwise_rows';
import {f32_grouped_4x8} from './f32_grouped_4x8';
import {Field, SpatialKernel} from './fields';
import {FLOAT, ROW} from './simd';
import {tileColumns, tileRows} from './tile';

/** Computes 8 channels of the tile at hand. Shapes: out `[pixels][8]`. */
export function spatialTile(call: usize, image: usize, out: usize, channel: i32): void {
  const height = tileRows(call), width = tileColumns(call);
  const row = int(call, Field.STEP_ROW);
  for (let r = 0; r < height; r++) spatialRow(call, image, out + <usize>(r * width) * ROW, row + r, width, channel);
}

/** Computes `pixels` outputs of row outRow, which counts in the whole output, of 8 channels. */
function spatialRow(call: usize, image: usize, out: usize, outRow: i32, pixels: i32, channel: i32): void {
  // The window's rows in the padding are not in the buffer: they are left out of the sum.
  const top = outRow * int(call, Field.STRIDE) - int(call, Field.PAD_TOP);
  const first = max(0, -top);
  const taps = min(int(call, Field.KERNEL_HEIGHT), int(call, Field.HEIGHT) - top) - first;

  const rows = int(call, Field.IMAGE_ROWS);
  const rowBytes = <usize>int(call, Field.IMAGE_COLUMNS) * ROW;
  const slot = (top + first) % rows;
  const rowOfTaps = int(call, Field.KERNEL_WIDTH) * int(call, Field.GROUP_WIDTH);
  const depth = int(call, Field.KERNEL_HEIGHT) * rowOfTaps;
  const filter = address(call, Field.SPATIAL_WEIGHTS)
    + <usize>(channel * depth) * FLOAT + <usize>(first * rowOfTaps) * ROW;
  const bias = address(call, Field.SPATIAL_BIAS) + <usize>channel * FLOAT;
  switch (int(call, Field.SPATIAL_KERNEL)) {
    case SpatialKernel.f32_grouped_4x8:
      return f32_grouped_4x8(image, out, pixels, taps, slot, rows, rowBytes, filter, bias, call);
    case SpatialKernel.f32_depthwise_k3_4x4:
      return f32_depthwise_k3_4x4(image, out, pixels, taps, slot, rows, rowBytes, filter, bias);
    case SpatialKernel.f32_depthwise_k3s2_4x4:
      return f32_depthwise_k3s2_4x4(image, out, pixels, taps, slot, rows, rowBytes, filter, bias);
    case SpatialKernel.f32_depthwise_k5_8x4:
      return f32_depthwise_k5_8x4(image, out, pixels, taps, slot, rows, rowBytes, filter, bias);
    case SpatialKernel.f32_depthwise_k5s2_8x4:
      return f32_depthwise_k5s2_8x4(image, out, pixels, taps, slot, rows, rowBytes, filter, bias);
    case SpatialKernel.f32_depthwise_k7_8x4:
      return f32_depthwise_k7_8x4(image, out, pixels, taps, slot, rows, rowBytes, filter, bias);
    default:
      return f32_depthwise_4x8(image, out, pixels, taps, slot, rows, rowBytes, filter, bias, call);
  }
}
