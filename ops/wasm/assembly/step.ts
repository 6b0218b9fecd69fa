/**
 * The steps of a call. A step computes, for one tile of output pixels, one part of the hidden channels: it is the least that a
 * thread takes, and no step needs what another one of its sweep has computed. Its results are the same bit for bit on any thread,
 * after any other step.
 *
 * There is one sweep over the tiles; a block with a global part has two (global.ts), and the parts of the second are of the outputs.
 *
 * Parts follow one another, then tiles row by row. Where rows are kept (expand-first) it is the rows of a strip of columns that
 * follow one another, then parts, then strips: a step that follows the one before finds its rows in the ring.
 */
import {address, int, setInt} from './call';
import {convFirst} from './convFirst';
import {expandFirst} from './expandFirst';
import {BlockOrder, Field, GlobalPart} from './fields';
import {computeFactors, projectScaled} from './global';
import {addRows, copyRows, sumsBytes, writeTile} from './project';
import {separable} from './separable';
import {tileIndex, tilesAcross, tilesDown} from './tile';

/** Computes a step in this thread's scratch. */
export function computeStep(call: usize, step: i32): void {
  enterStep(call, step);
  if (isSecondSweep(call)) projectScaled(call);
  else if (int(call, Field.ORDER) == BlockOrder.CONV_FIRST) convFirst(call);
  else if (int(call, Field.ORDER) == BlockOrder.EXPAND_FIRST) expandFirst(call);
  else separable(call);
}

/** Of a block that has two sweeps, whether the step at hand is of the second. */
function isSecondSweep(call: usize): bool {
  return int(call, Field.GLOBAL_PART) != GlobalPart.NONE && int(call, Field.STEP) >= int(call, Field.FIRST_SWEEP_STEPS);
}

/** Writes what the last step has computed to y, or its part's sums to where other threads see them; the first of two sweeps has neither. */
export function storeStep(call: usize): void {
  if (int(call, Field.STEP) < int(call, Field.FIRST_SWEEP_STEPS)) return;
  const parts = int(call, Field.PARTS), part = int(call, Field.STEP_PART);
  const sums = address(call, Field.ACCUMULATOR);
  if (parts == 1 || isSecondSweep(call)) {
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

/** Does what is left once all steps of a sweep are stored, on one thread. */
export function endSweep(call: usize, sweep: i32): void {
  if (int(call, Field.GLOBAL_PART) != GlobalPart.NONE) {
    if (sweep == 0) computeFactors(call);
  } else if (int(call, Field.SHARED_PARTS)) joinParts(call);
}

/** Writes y from shared parts: they are added in their order, whoever computed them. */
function joinParts(call: usize): void {
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
  let image: i32, row: i32, column: i32, part = 0, output = 0, outputEnd = int(call, Field.OUT_CHANNELS);
  if (isSecondSweep(call)) {
    const outputParts = int(call, Field.OUTPUT_PARTS), outputs = int(call, Field.OUTPUT_PART_CHANNELS);
    step -= int(call, Field.FIRST_SWEEP_STEPS);
    output = (step % outputParts) * outputs;
    outputEnd = min(outputEnd, output + outputs);
    step /= outputParts;
    column = step % across;
    step /= across;
    row = step % down;
    image = step / down;
  } else if (int(call, Field.KEEP_ROWS)) {
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
  setInt(call, Field.STEP_OUTPUT, output);
  setInt(call, Field.STEP_OUTPUT_END, outputEnd);
}

/** Where this thread adds up the parts of the tile at hand: a strip whose rows are kept is done part by part, not tile by tile. */
function tileSums(call: usize): usize {
  const row = int(call, Field.KEEP_ROWS) ? int(call, Field.STEP_ROW) / int(call, Field.TILE_HEIGHT) : 0;
  return address(call, Field.PART_SUMS) + <usize>row * <usize>int(call, Field.PART_SUMS_BYTES);
}

/** Where the sums of the tile at hand over a part lie, of those that threads share. */
function partSums(call: usize, part: i32): usize {
  const at = <usize>(tileIndex(call) * int(call, Field.PARTS) + part);
  return address(call, Field.PART_SUMS) + at * <usize>int(call, Field.PART_SUMS_BYTES);
}
