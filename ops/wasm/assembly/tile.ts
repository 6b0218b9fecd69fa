/** The tile and the channels of the step at hand, read from its record. */
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

/** How many tiles are above each other. */
export function tilesDown(call: usize): i32 {
  const height = int(call, Field.TILE_HEIGHT);
  return (int(call, Field.OUT_HEIGHT) + height - 1) / height;
}

/** How many tiles are side by side. */
export function tilesAcross(call: usize): i32 {
  const width = int(call, Field.TILE_WIDTH);
  return (int(call, Field.OUT_WIDTH) + width - 1) / width;
}

/** Counts the tiles of all images, row by row. */
export function tileIndex(call: usize): i32 {
  const row = int(call, Field.STEP_ROW) / int(call, Field.TILE_HEIGHT);
  const column = int(call, Field.STEP_COLUMN) / int(call, Field.TILE_WIDTH);
  return (int(call, Field.STEP_IMAGE) * tilesDown(call) + row) * tilesAcross(call) + column;
}
