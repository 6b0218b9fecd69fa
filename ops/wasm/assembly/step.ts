/**
 * The steps of a call. A step computes, for one tile of output pixels, one part of the hidden channels: it is the least that a
 * thread takes, and no step needs what another one has computed. Its results are the same bit for bit on any thread, after any
 * other step.
 *
 * Parts follow one another, then tiles row by row. Where rows are kept (expand-first) it is the rows of a strip of columns that
 * follow one another, then parts, then strips: a step that follows the one before finds its rows in the ring.
 */
import {address, int, setInt} from './call';
import {convFirst} from './convFirst';
import {expandFirst} from './expandFirst';
import {BlockOrder, Field} from './fields';
import {addRows, copyRows, sumsBytes, writeTile} from './project';

/** Computes a step in this thread's scratch. */
export function computeStep(call: usize, step: i32): void {
  enterStep(call, step);
  if (int(call, Field.ORDER) == BlockOrder.CONV_FIRST) convFirst(call);
  else expandFirst(call);
}

/** Writes what the last step has computed to where other threads see it: y, or its part's sums. */
export function storeStep(call: usize): void {
  const parts = int(call, Field.PARTS), part = int(call, Field.STEP_PART);
  const sums = address(call, Field.ACCUMULATOR);
  if (parts == 1) {
    writeTile(call, sums);
    return;
  }
  const bytes = sumsBytes(call);
  if (int(call, Field.SHARED_PARTS)) {
    copyRows(sums, partSums(call, part), bytes);
    return;
  }
  const total = tileSums(call);
  if (part == 0) copyRows(sums, total, bytes);
  else addRows(sums, total, bytes);
  if (part == parts - 1) writeTile(call, total);
}

/** Writes y once all steps of shared parts are stored: parts are added in their order, whoever computed them. */
export function joinParts(call: usize): void {
  const parts = int(call, Field.PARTS);
  const steps = int(call, Field.BATCH) * tilesDown(call) * tilesAcross(call) * parts;
  const stepOfTile = int(call, Field.KEEP_ROWS) ? 1 : parts;
  for (let step = 0; step < steps; step += stepOfTile) {
    enterStep(call, step);
    if (int(call, Field.STEP_PART) > 0) continue;
    const bytes = sumsBytes(call);
    const total = partSums(call, 0);
    for (let part = 1; part < parts; part++) addRows(partSums(call, part), total, bytes);
    writeTile(call, total);
  }
}

/** Makes a step the one at hand: finds its tile and part. */
function enterStep(call: usize, step: i32): void {
  const parts = int(call, Field.PARTS), down = tilesDown(call), across = tilesAcross(call);
  setInt(call, Field.FOLLOWS, i32(step == int(call, Field.STEP) + 1));
  setInt(call, Field.STEP, step);
  let image: i32, row: i32, column: i32, part: i32;
  if (int(call, Field.KEEP_ROWS)) {
    row = step % down;
    step /= down;
    part = step % parts;
    step /= parts;
    column = step % across;
    image = step / across;
  } else {
    part = step % parts;
    step /= parts;
    column = step % across;
    step /= across;
    row = step % down;
    image = step / down;
  }
  setInt(call, Field.STEP_IMAGE, image);
  setInt(call, Field.STEP_ROW, row * int(call, Field.TILE_HEIGHT));
  setInt(call, Field.STEP_COLUMN, column * int(call, Field.TILE_WIDTH));
  setInt(call, Field.STEP_PART, part);
}

/** Where this thread adds up the parts of the tile at hand: a strip whose rows are kept is done part by part, not tile by tile. */
function tileSums(call: usize): usize {
  const row = int(call, Field.KEEP_ROWS) ? int(call, Field.STEP_ROW) / int(call, Field.TILE_HEIGHT) : 0;
  return address(call, Field.PART_SUMS) + <usize>row * <usize>int(call, Field.PART_SUMS_BYTES);
}

/** Where the sums of the tile at hand over a part lie, of those that threads share. */
function partSums(call: usize, part: i32): usize {
  const row = int(call, Field.STEP_ROW) / int(call, Field.TILE_HEIGHT);
  const column = int(call, Field.STEP_COLUMN) / int(call, Field.TILE_WIDTH);
  const tile = (int(call, Field.STEP_IMAGE) * tilesDown(call) + row) * tilesAcross(call) + column;
  const at = <usize>(tile * int(call, Field.PARTS) + part);
  return address(call, Field.PART_SUMS) + at * <usize>int(call, Field.PART_SUMS_BYTES);
}

function tilesDown(call: usize): i32 {
  const height = int(call, Field.TILE_HEIGHT);
  return (int(call, Field.OUT_HEIGHT) + height - 1) / height;
}

function tilesAcross(call: usize): i32 {
  const width = int(call, Field.TILE_WIDTH);
  return (int(call, Field.OUT_WIDTH) + width - 1) / width;
}
