/**
 * Filling the image buffer that the spatial conv reads: panel form, a ring of rows, zero padding in the columns.
 *
 * Buffer column 0 is input column `firstColumn` (negative inside the padding); input row r stands in buffer row r mod IMAGE_ROWS.
 */
import {activate, gateOf, kindOf} from './activation';
import {address, fieldAddress, int} from './call';
import {Field} from './fields';
import {loadLanes} from './pack';
import {FLOAT, ROW, VECTOR} from './simd';
import {tileRows} from './tile';

/** The first input column of buffer columns firstColumn.. that lies in the image, or the end of the buffer. */
export function insideFrom(firstColumn: i32, columns: i32): i32 {
  return min(max(0, firstColumn), firstColumn + columns);
}

/** One past the last input column that lies in the image; `from` where there is none. */
export function insideEnd(from: i32, firstColumn: i32, columns: i32, width: i32): i32 {
  return max(from, min(width, firstColumn + columns));
}

/** Copies what the tile at hand reads of `channels` channels of its image, from `channel` on, into the buffer's panels. */
export function copyTile(call: usize, channel: i32, channels: i32): void {
  const stride = int(call, Field.STRIDE);
  const firstColumn = int(call, Field.STEP_COLUMN) * stride - int(call, Field.PAD_LEFT);
  const firstRow = int(call, Field.STEP_ROW) * stride - int(call, Field.PAD_TOP);
  const rows = (tileRows(call) - 1) * stride + int(call, Field.KERNEL_HEIGHT);
  const endRow = min(int(call, Field.HEIGHT), firstRow + rows);
  const image = int(call, Field.STEP_IMAGE);
  for (let r = max(0, firstRow); r < endRow; r++) copyRow(call, image, r, firstColumn, channel, channels);
}

/** Copies `channels` channels of an input row, from `channel` on, into the buffer's panels. */
function copyRow(call: usize, image: i32, row: i32, firstColumn: i32, channel: i32, channels: i32): void {
  const width = int(call, Field.WIDTH);
  const inChannels = int(call, Field.IN_CHANNELS);
  const columns = int(call, Field.IMAGE_COLUMNS);
  const rows = int(call, Field.IMAGE_ROWS);
  const panelBytes = <usize>(rows * columns) * ROW;
  const pixelBytes = <usize>inChannels * FLOAT;
  const from = insideFrom(firstColumn, columns);
  const end = insideEnd(from, firstColumn, columns, width);

  const source = address(call, Field.X)
    + (<usize>(image * int(call, Field.HEIGHT) + row) * width + from) * pixelBytes + <usize>channel * FLOAT;
  let panel = address(call, Field.IMAGE) + <usize>((row % rows) * columns) * ROW;
  for (let at = 0; at < channels; at += 8, panel += panelBytes) {
    const lanes = inChannels - channel - at;
    let to = panel;
    to = zeros(to, from - firstColumn);
    let pixel = source + <usize>at * FLOAT;
    for (let column = from; column < end; column++, pixel += pixelBytes, to += ROW) loadLanes(pixel, to, lanes);
    zeros(to, firstColumn + columns - end);
  }
}

/** Writes act(row) of one panel into the buffer, 8 hidden channels. Shapes: pixels `[end − from][8]`, the input columns from..end−1. */
export function activateRow(
  call: usize, channel: i32, pixels: usize, panel: usize, row: i32, firstColumn: i32, from: i32, end: i32,
): void {
  const columns = int(call, Field.IMAGE_COLUMNS);
  let to = panel + <usize>((row % int(call, Field.IMAGE_ROWS)) * columns) * ROW;
  to = zeros(to, from - firstColumn);
  const bytes = <usize>(end - from) * ROW;
  const activation = fieldAddress(call, Field.HIDDEN_ACTIVATION);
  activate(kindOf(activation), gateOf(activation, channel), pixels, to, bytes);
  zeros(to + bytes, firstColumn + columns - end);
}

/** Writes `pixels` rows of zeros and returns the address after them. */
function zeros(to: usize, pixels: i32): usize {
  const end = to + <usize>pixels * ROW;
  for (; to < end; to += VECTOR) v128.store(to, f32x4.splat(0));
  return to;
}
