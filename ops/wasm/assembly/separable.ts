/**
 * The separable block, tile by tile of output pixels, a few channels at a time:
 *
 * x → image buffer → spatial conv → act → packed → each full chunk: project adds to the accumulator
 */
import {address, fieldAddress, int} from './call';
import {Field} from './fields';
import {handToProject, isKept} from './global';
import {copyRow} from './image';
import {accumulate} from './project';
import {ROW, roundUp} from './simd';
import {spatialRow} from './spatial';
import {endHidden, firstHidden, tileColumns, tileRows} from './tile';

/** Computes the step at hand. */
export function separable(call: usize): void {
  const pixels = tileRows(call) * tileColumns(call);
  const chunk = int(call, Field.HIDDEN_CHUNK), end = endHidden(call);
  for (let hidden = firstHidden(call); hidden < end; hidden += chunk) {
    const depth = min(chunk, end - hidden);
    spatialConv(call, hidden, depth);
    if (!isKept(call)) accumulate(call, pixels, hidden, depth);
  }
}

/** x → act → what project reads, for `depth` channels from `hidden` on. */
function spatialConv(call: usize, hidden: i32, depth: i32): void {
  const height = tileRows(call), width = tileColumns(call);
  const image = int(call, Field.STEP_IMAGE), row = int(call, Field.STEP_ROW);
  const stride = int(call, Field.STRIDE);
  const together = int(call, Field.CHANNEL_CHUNK);
  const groupWidth = int(call, Field.GROUP_WIDTH);
  const activation = fieldAddress(call, Field.SPATIAL_ACTIVATION);
  const imageBuffer = address(call, Field.IMAGE);
  const panelBytes = <usize>(int(call, Field.IMAGE_ROWS) * int(call, Field.IMAGE_COLUMNS)) * ROW;
  const firstColumn = int(call, Field.STEP_COLUMN) * stride - int(call, Field.PAD_LEFT);
  const firstRow = row * stride - int(call, Field.PAD_TOP);
  const endRow = min(int(call, Field.HEIGHT), firstRow + (height - 1) * stride + int(call, Field.KERNEL_HEIGHT));
  const out = address(call, Field.SPATIAL_OUT);

  for (let first = 0; first < depth; first += together) {
    const channels = min(together, depth - first);
    for (let r = max(0, firstRow); r < endRow; r++) copyRow(call, image, r, firstColumn, hidden + first, channels);
    for (let at = 0; at < channels; at += 8) {
      const channel = hidden + first + at;
      const panel = (at - (groupWidth == 1 ? 0 : channel % groupWidth)) >> 3;
      const from = imageBuffer + <usize>panel * panelBytes;
      for (let r = 0; r < height; r++) spatialRow(call, from, out + <usize>(r * width) * ROW, row + r, width, channel);
      handToProject(call, activation, channel, out, roundUp(height * width, 4), 1, first + at, height * width);
    }
  }
}
