/**
 * The separable block, tile by tile of output pixels, a few channels at a time:
 *
 * x → image buffer → spatial conv → act → packed → each full chunk: project adds to the accumulator
 */
import {address, fieldAddress, int} from './call';
import {Field} from './fields';
import {handToProject, isKept} from './global';
import {copyTile} from './image';
import {accumulate} from './project';
import {ROW, roundUp} from './simd';
import {spatialTile} from './spatial';
import {endHidden, firstHidden, tileColumns, tileRows} from './tile';

/** Computes the step at hand. */
export function separable(call: usize): void {
  const pixels = tileRows(call) * tileColumns(call);
  const chunk = int(call, Field.HIDDEN_CHUNK), end = endHidden(call);
  for (let hidden = firstHidden(call); hidden < end; hidden += chunk) {
    const depth = min(chunk, end - hidden);
    spatialConv(call, pixels, hidden, depth);
    if (!isKept(call)) accumulate(call, pixels, hidden, depth);
  }
}

/** x → act → what project reads, for `depth` channels from `hidden` on. */
function spatialConv(call: usize, pixels: i32, hidden: i32, depth: i32): void {
  const together = int(call, Field.CHANNEL_CHUNK);
  const groupWidth = int(call, Field.GROUP_WIDTH);
  const activation = fieldAddress(call, Field.SPATIAL_ACTIVATION);
  const imageBuffer = address(call, Field.IMAGE);
  const panelBytes = <usize>(int(call, Field.IMAGE_ROWS) * int(call, Field.IMAGE_COLUMNS)) * ROW;
  const out = address(call, Field.SPATIAL_OUT);

  for (let first = 0; first < depth; first += together) {
    const channels = min(together, depth - first);
    copyTile(call, hidden + first, channels);
    for (let at = 0; at < channels; at += 8) {
      const channel = hidden + first + at;
      const panel = (at - (groupWidth == 1 ? 0 : channel % groupWidth)) >> 3;
      spatialTile(call, imageBuffer + <usize>panel * panelBytes, out, channel);
      handToProject(call, activation, channel, out, roundUp(pixels, 4), 1, first + at, pixels);
    }
  }
}
