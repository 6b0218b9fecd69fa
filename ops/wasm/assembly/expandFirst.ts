/**
 * The expand-first block, in strips of output columns, a few output rows at a time. With KEEP_ROWS the expanded image lives in a
 * ring of rows, so that no row is expanded twice in a strip; without, the buffer holds one chunk of hidden channels, and a tile
 * expands all the rows that it reads.
 *
 * new rows of x → packed → for each group of hidden channels { expand → act → ring → spatial conv → act → packed }
 *   → each full chunk: project adds to the accumulator
 */
import {activate} from './activation';
import {address, fieldAddress, int} from './call';
import {f32_gemm_4x8_panel} from './f32_gemm_4x8';
import {ActivationKind, Field} from './fields';
import {activateRow, insideEnd, insideFrom} from './image';
import {packPanel, packPixels} from './pack';
import {accumulate} from './project';
import {FLOAT, ROW, roundUp, VECTOR} from './simd';
import {spatialRow} from './spatial';
import {endHidden, firstHidden, tileColumns, tileRows} from './tile';

/** Computes the step at hand. */
export function expandFirst(call: usize): void {
  const stride = int(call, Field.STRIDE);
  const groupWidth = int(call, Field.GROUP_WIDTH);
  const group = groupWidth == 1 ? 8 : groupWidth;
  const chunk = int(call, Field.HIDDEN_CHUNK);
  const panelBytes = <usize>(int(call, Field.IMAGE_ROWS) * int(call, Field.IMAGE_COLUMNS)) * ROW;
  const keepRows = int(call, Field.KEEP_ROWS) != 0;
  const follows = int(call, Field.FOLLOWS) != 0;
  const image = int(call, Field.STEP_IMAGE), row = int(call, Field.STEP_ROW), column = int(call, Field.STEP_COLUMN);
  const height = tileRows(call), width = tileColumns(call);
  const pixels = roundUp(height * width, 4);

  const firstColumn = column * stride - int(call, Field.PAD_LEFT);
  const columns = (width - 1) * stride + int(call, Field.KERNEL_WIDTH);
  const from = insideFrom(firstColumn, columns);
  const to = insideEnd(from, firstColumn, columns, int(call, Field.WIDTH));

  // Rows that the tile above has expanded are in the ring.
  const firstRow = row * stride - int(call, Field.PAD_TOP);
  const expanded = keepRows && follows && row > 0 ? min(int(call, Field.HEIGHT), endRow(call, row - 1)) : 0;
  const first = max(max(0, expanded), firstRow);
  const end = max(first, min(int(call, Field.HEIGHT), endRow(call, row + height - 1)));

  const firstChannel = firstHidden(call), endChannel = endHidden(call);
  if (keepRows || !follows || firstChannel == 0) packInput(call, image, from, to, first, end);
  let ring = address(call, Field.IMAGE);
  for (let hidden = firstChannel; hidden < endChannel; hidden += chunk) {
    if (!keepRows) ring = address(call, Field.IMAGE);
    const depth = min(chunk, endChannel - hidden);
    for (let at = 0; at < depth; at += group) {
      for (let lane = 0; lane < group; lane += 8) {
        const panel = ring + <usize>(lane >> 3) * panelBytes;
        expandPanel(call, hidden + at + lane, panel, firstColumn, from, to, first, end);
      }
      for (let lane = 0; lane < group; lane += 8) {
        spatialPanel(call, hidden + at + lane, ring, row, height, width, at + lane);
      }
      ring += <usize>(group >> 3) * panelBytes;
    }
    accumulate(call, pixels, hidden, depth);
  }
}

/** One past the last input row that an output row reads, were the image without an end. */
function endRow(call: usize, row: i32): i32 {
  return row * int(call, Field.STRIDE) - int(call, Field.PAD_TOP) + int(call, Field.KERNEL_HEIGHT);
}

/** x, rows first..end−1, columns from..to−1 → SPATIAL_PANELS `[pixels/4][inChannels][4]`; past the last pixel it repeats. */
function packInput(call: usize, image: i32, from: i32, to: i32, first: i32, end: i32): void {
  const channels = int(call, Field.IN_CHANNELS);
  const width = int(call, Field.WIDTH);
  const columns = to - from;
  const pixelBytes = <usize>channels * FLOAT;
  const gap = <usize>(width - columns) * pixelBytes;
  const pixels = (end - first) * columns;
  const start = address(call, Field.X) + (<usize>(image * int(call, Field.HEIGHT) + first) * width + from) * pixelBytes;

  let out = address(call, Field.SPATIAL_PANELS);
  let last = start, column = 0, left = pixels;
  for (let pixel = 0; pixel < pixels; pixel += 4, out += <usize>channels * VECTOR) {
    // Four addresses, one step at a time: a step goes on to the next row at a row's end, and nowhere after the last pixel.
    const p0 = last;
    let p1 = p0, p2 = p0, p3 = p0;
    for (let step = 1; step <= 4; step++) {
      if (--left > 0) {
        last += pixelBytes;
        if (++column == columns) {
          column = 0;
          last += gap;
        }
      }
      if (step <= 1) p1 = last;
      if (step <= 2) p2 = last;
      if (step <= 3) p3 = last;
    }
    packPixels(p0, p1, p2, p3, out, channels);
  }
}

/** Expands 8 hidden channels of the new rows, activates them, and puts them into the ring's panel. */
function expandPanel(
  call: usize, channel: i32, panel: usize, firstColumn: i32, from: i32, to: i32, first: i32, end: i32,
): void {
  const channels = int(call, Field.IN_CHANNELS);
  const weights = address(call, Field.EXPAND_WEIGHTS) + <usize>channel * channels * FLOAT;
  const bias = address(call, Field.EXPAND_BIAS) + <usize>channel * FLOAT;
  const out = address(call, Field.HIDDEN_OUT);
  const pixels = roundUp((end - first) * (to - from), 4);
  f32_gemm_4x8_panel(address(call, Field.SPATIAL_PANELS), channels, weights, bias, out, pixels, channels);
  let row = out;
  for (let r = first; r < end; r++, row += <usize>(to - from) * ROW) {
    activateRow(call, row, panel, r, firstColumn, from, to);
  }
}

/** The spatial conv of 8 hidden channels, activated, into rows at..at+7 of HIDDEN_PANELS. ring: the group's first panel. */
function spatialPanel(call: usize, channel: i32, ring: usize, row: i32, height: i32, width: i32, at: i32): void {
  const out = address(call, Field.SPATIAL_OUT);
  for (let r = 0; r < height; r++) {
    const to = out + <usize>(r * width) * ROW;
    spatialRow(call, ring, to, row + r, width, channel);
  }
  const activation = int(call, Field.SPATIAL_ACTIVATION);
  if (activation != ActivationKind.LINEAR) {
    activate(activation, fieldAddress(call, Field.SPATIAL_GATE), out, out, <usize>(height * width) * ROW);
  }
  const packed = address(call, Field.HIDDEN_PANELS) + <usize>at * VECTOR;
  packPanel(out, packed, int(call, Field.HIDDEN_CHUNK), roundUp(height * width, 4));
}
