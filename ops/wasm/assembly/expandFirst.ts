/**
 * The expand-first block, in strips of output columns, a few output rows at a time. With KEEP_ROWS the expanded image lives in a
 * ring of rows, so that no row is expanded twice in a strip; without, the buffer holds one chunk of hidden channels, and a tile
 * expands all the rows that it reads.
 *
 * new rows of x → packed → for each group of hidden channels { expand → act → ring → spatial conv → act → packed }
 *   → each full chunk: project adds to the accumulator
 */
import {address, fieldAddress, int} from './call';
import {f32_gemm} from './f32_gemm';
import {Field, GEMM_PANELS} from './fields';
import {handToProject, isKept} from './global';
import {activateRow, insideEnd, insideFrom} from './image';
import {packPixels} from './pack';
import {accumulate} from './project';
import {FLOAT, ROW, roundUp} from './simd';
import {spatialTile} from './spatial';
import {endHidden, firstHidden, tileColumns, tileRows} from './tile';
import {rowsOf, tilesOf} from './tiling';

/** Computes the step at hand. */
export function expandFirst(call: usize): void {
  const stride = int(call, Field.STRIDE);
  const groupWidth = int(call, Field.GROUP_WIDTH);
  // A group's panels are expanded before its spatial conv, a product's panels at once.
  const group = max(groupWidth, 8 * GEMM_PANELS);
  const chunk = int(call, Field.HIDDEN_CHUNK);
  const panelBytes = <usize>(int(call, Field.IMAGE_ROWS) * int(call, Field.IMAGE_COLUMNS)) * ROW;
  const keepRows = int(call, Field.KEEP_ROWS) != 0;
  const follows = int(call, Field.FOLLOWS) != 0;
  const image = int(call, Field.STEP_IMAGE), row = int(call, Field.STEP_ROW), column = int(call, Field.STEP_COLUMN);
  const height = tileRows(call), width = tileColumns(call);

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
      const panels = (min(group, depth - at) + 7) >> 3;
      for (let panel = 0; panel < panels; panel += GEMM_PANELS) {
        const together = min(GEMM_PANELS, panels - panel);
        const rows = ring + <usize>panel * panelBytes;
        expandPanels(call, hidden + at + 8 * panel, together, rows, panelBytes, firstColumn, from, to, first, end);
      }
      for (let panel = 0; panel < panels; panel++) {
        const channel = hidden + at + 8 * panel;
        const firstPanel = panel - (groupWidth == 1 ? 0 : (channel % groupWidth) >> 3);
        spatialPanel(call, channel, ring + <usize>firstPanel * panelBytes, height * width, at + 8 * panel);
      }
      ring += <usize>panels * panelBytes;
    }
    if (!isKept(call)) accumulate(call, height * width, hidden, depth);
  }
}

/** One past the last input row that an output row reads, were the image without an end. */
function endRow(call: usize, row: i32): i32 {
  return row * int(call, Field.STRIDE) - int(call, Field.PAD_TOP) + int(call, Field.KERNEL_HEIGHT);
}

/** x, rows first..end−1, columns from..to−1 → SPATIAL_PANELS `[tiles][inChannels][rows]`; past the last pixel it repeats. */
function packInput(call: usize, image: i32, from: i32, to: i32, first: i32, end: i32): void {
  const channels = int(call, Field.IN_CHANNELS);
  const width = int(call, Field.WIDTH);
  const columns = to - from;
  const pixelBytes = <usize>channels * FLOAT;
  const gap = <usize>(width - columns) * pixelBytes;
  const pixels = (end - first) * columns;
  const start = address(call, Field.X) + (<usize>(image * int(call, Field.HEIGHT) + first) * width + from) * pixelBytes;

  const tile = fieldAddress(call, Field.PIXELS);
  const tiles = tilesOf(pixels);
  let out = address(call, Field.SPATIAL_PANELS);
  let at = start, column = 0, left = pixels;
  for (let t = 0; t < tiles; t++) {
    const rows = rowsOf(t, tiles, pixels);
    for (let row = 0; row < rows; row++) {
      store<usize>(tile + (<usize>row << 2), at);
      // On to the next pixel, at a row's end to the next row, and nowhere after the last.
      if (--left <= 0) continue;
      at += pixelBytes;
      if (++column == columns) {
        column = 0;
        at += gap;
      }
    }
    packPixels(tile, rows, out, channels);
    out += <usize>(rows * channels) * FLOAT;
  }
}

/** Expands up to 8·GEMM_PANELS hidden channels of the new rows, activates them, and puts them into the ring's panels. */
function expandPanels(
  call: usize, channel: i32, panels: i32, ring: usize, panelBytes: usize, firstColumn: i32, from: i32, to: i32, first: i32,
  end: i32,
): void {
  const channels = int(call, Field.IN_CHANNELS);
  const weights = address(call, Field.EXPAND_WEIGHTS) + <usize>channel * channels * FLOAT;
  const bias = address(call, Field.EXPAND_BIAS) + <usize>channel * FLOAT;
  const product = address(call, Field.HIDDEN_OUT);
  const pixels = (end - first) * (to - from);
  const stride = roundUp(pixels, 4);
  f32_gemm(address(call, Field.SPATIAL_PANELS), channels, weights, channels, bias, product, stride, pixels, channels, panels);
  for (let panel = 0; panel < panels; panel++, ring += panelBytes) {
    let row = product + <usize>(panel * stride) * ROW;
    for (let r = first; r < end; r++, row += <usize>(to - from) * ROW) {
      activateRow(call, channel + 8 * panel, row, ring, r, firstColumn, from, to);
    }
  }
}

/** The spatial conv of 8 hidden channels, activated, handed to project as the channels at..at+7 of a chunk. ring: the group's first panel. */
function spatialPanel(call: usize, channel: i32, ring: usize, pixels: i32, at: i32): void {
  const out = address(call, Field.SPATIAL_OUT);
  spatialTile(call, ring, out, channel);
  const activation = fieldAddress(call, Field.SPATIAL_ACTIVATION);
  handToProject(call, activation, channel, out, roundUp(pixels, 4), 1, at, pixels);
}
