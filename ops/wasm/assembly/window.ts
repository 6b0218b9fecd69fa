/**
 * What the micro-kernels of the spatial conv share: where a row of outputs reads.
 *
 * All have the signature (call, image, out, outRow, pixels, channel) and compute one row of outputs of 8 channels.
 * Reads: the image buffer in panel form `[panels][IMAGE_ROWS][IMAGE_COLUMNS][8]` from `image` on (the channels' own panel, or the
 * first panel of their group), input row r in buffer row r mod IMAGE_ROWS, zeros in the columns where the padding is; the filter
 * panel `[kh·kw·groupWidth][8]` and the bias `[8]` of `channel`, the first of the 8. Rows of padding are not in the buffer:
 * their taps are left out of the sum.
 * Writes: `[pixels][8]` at `out`, and on to a whole number of the kernel's tiles, so that `out` and the image's columns need that
 * slack. outRow counts in the whole output.
 */
import {address, int} from './call';
import {Field} from './fields';
import {FLOAT, ROW} from './simd';

/** The input row under the window's first row; negative in the padding. */
// @ts-ignore: decorator
@inline
function top(call: usize, outRow: i32): i32 {
  return outRow * int(call, Field.STRIDE) - int(call, Field.PAD_TOP);
}

/** The first row of the window that lies in the image. */
// @ts-ignore: decorator
@inline
export function firstTap(call: usize, outRow: i32): i32 {
  return max(0, -top(call, outRow));
}

/** One past the last row of the window that lies in the image. */
// @ts-ignore: decorator
@inline
export function endTap(call: usize, outRow: i32): i32 {
  return min(int(call, Field.KERNEL_HEIGHT), int(call, Field.HEIGHT) - top(call, outRow));
}

/** The buffer row under the first tap. */
// @ts-ignore: decorator
@inline
export function firstSlot(call: usize, outRow: i32): i32 {
  return (top(call, outRow) + firstTap(call, outRow)) % imageRows(call);
}

// @ts-ignore: decorator
@inline
export function imageRows(call: usize): i32 {
  return int(call, Field.IMAGE_ROWS);
}

// @ts-ignore: decorator
@inline
export function imageRowBytes(call: usize): usize {
  return <usize>int(call, Field.IMAGE_COLUMNS) * ROW;
}

/** The weights of 8 channels, from a row of the window on. */
// @ts-ignore: decorator
@inline
export function filterOf(call: usize, channel: i32, tap: i32): usize {
  const rowOfTaps = int(call, Field.KERNEL_WIDTH) * int(call, Field.GROUP_WIDTH);
  const depth = int(call, Field.KERNEL_HEIGHT) * rowOfTaps;
  return address(call, Field.SPATIAL_WEIGHTS) + <usize>(channel * depth) * FLOAT + <usize>(tap * rowOfTaps) * ROW;
}

// @ts-ignore: decorator
@inline
export function biasOf(call: usize, channel: i32): usize {
  return address(call, Field.SPATIAL_BIAS) + <usize>channel * FLOAT;
}
