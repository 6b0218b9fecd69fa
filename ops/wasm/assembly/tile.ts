/** The tile and the hidden channels of the step at hand, read from its record. */
import {int} from './call';
import {Field} from './fields';

/** Rows of the tile. Units: output pixels. */
export function tileRows(call: usize): i32 {
  return min(int(call, Field.TILE_HEIGHT), int(call, Field.OUT_HEIGHT) - int(call, Field.STEP_ROW));
}

/** Columns of the tile. Units: output pixels. */
export function tileColumns(call: usize): i32 {
  return min(int(call, Field.TILE_WIDTH), int(call, Field.OUT_WIDTH) - int(call, Field.STEP_COLUMN));
}

/** The first hidden channel of the part. */
export function firstHidden(call: usize): i32 {
  return int(call, Field.STEP_PART) * int(call, Field.PART_CHANNELS);
}

/** One past its last. */
export function endHidden(call: usize): i32 {
  return min(int(call, Field.HIDDEN_CHANNELS), firstHidden(call) + int(call, Field.PART_CHANNELS));
}
