/** The work of what two sweeps take beside their layers: the sums of tiles, the gates made of them, and the product through gates. */
import type {Precision} from '../../params.ts';
import {counted, type GroupWork, sequence} from './counts.ts';
import {
  ELEMENT_BYTES,
  VECTOR_BYTES,
  ACTIVATION_INSTRUCTIONS,
  ownedSums,
  weightsOfSlab,
  pixelQuadsOfSlab,
} from './stageWork.ts';
import {
  type Activated,
  type GatesMaker,
  type GemmTile,
  LANE,
  lanesOf,
  partsOf,
  type PointwiseLayer,
  type PointwiseVariant,
  QUAD,
  steppedThreads,
  threadsOf,
  threadTile,
} from './variant.ts';

/** Loads that wgsl/gates.ts has on their way at a time. */
const LOADS_AT_A_TIME = 4;

/** Returns the work of multiplying pixels by their gates, and of activating them; or weights where pixels are read. */
export function gatedWork({tile, layer, readsPixels}: PointwiseVariant, {activation}: Activated): GroupWork {
  const slabs = Math.ceil(layer.inputs / tile.slab);
  const gates = slabs * (readsPixels === true ? weightsOfSlab(tile, steppedThreads(tile)) : pixelQuadsOfSlab(tile));
  const vectors = readsPixels === true ? gates : QUAD * gates;
  return {
    ...counted({activation: vectors * (GATE_INSTRUCTIONS + ACTIVATION_INSTRUCTIONS[activation]), filter: gates}),
    cacheBytes: lanesOf(layer.inputs) * VECTOR_BYTES,
  };
}

/** In vector instructions: a multiplication. */
const GATE_INSTRUCTIONS = 1;

/** Returns the work of the sums of a product's squares. */
export function squaresWork(tile: GemmTile): GroupWork {
  const {lanes} = threadTile(tile);
  const rows = tile.parts === 1 ? tile.rowThreads : tile.rows;
  const written = tile.parts === 1 ? lanes : 0;
  return sequence([
    counted({activation: 2 * ownedSums(tile)}),
    tileSumsWork({written, rows, lanes: lanesOf(tile.columns), threads: threadsOf(tile)}),
  ]);
}

interface TileSums {
  /** Vectors that an invocation puts into workgroup memory. */
  readonly written: number;
  readonly rows: number;
  readonly lanes: number;
  readonly threads: number;
}

/** Returns the work of adding up rows in workgroup memory, and of storing a tile's sums. */
export function tileSumsWork({written, rows, lanes, threads}: TileSums): GroupWork {
  const own = Math.ceil(lanes / threads);
  return {
    ...counted({sharedTap: written + own * rows, slab: 0.5, output: own}),
    cacheBytes: lanes * VECTOR_BYTES,
  };
}

/** Returns the work of an image's gates, but for its sums, which depend on the tiles of the pass before (sumsWork). */
export function gatesWork({channels, part, threads, precision}: GatesMaker): GroupWork {
  const lanes = lanesOf(channels);
  const own = Math.ceil(lanes / threads);
  if (part.kind === 'response-norm')
    return {
      ...counted({
        norm: own,
        sharedTap: Math.min(lanes, threads) / LANE,
        slab: 1,
        filter: own,
        filterRow: own,
        output: own,
      }),
      cacheBytes: lanes * (VECTOR_BYTES + LANE * ELEMENT_BYTES[precision]),
    };
  const {reduce, expand} = part;
  return sequence([
    denseWork(reduce, {threads, parts: partsOf(lanesOf(reduce.outputs), threads), precision}),
    denseWork(expand, {threads, parts: 1, precision}),
    {...counted({sharedTap: own * partsOf(lanes, threads), output: own}), cacheBytes: lanes * VECTOR_BYTES},
  ]);
}

/** Returns the work of a product of one pixel, each output among so many parts of the inputs. */
function denseWork(
  {inputs, outputs, activation}: PointwiseLayer,
  {threads, parts, precision}: {readonly threads: number; readonly parts: number; readonly precision: Precision},
): GroupWork {
  const lanes = lanesOf(outputs);
  const items = Math.ceil((lanes * parts) / threads);
  const loads = items * Math.ceil(inputs / parts);
  return {
    ...counted({
      filter: loads,
      filterRow: loads / LOADS_AT_A_TIME,
      convFma: LANE * loads,
      sharedTap: loads + parts,
      slab: 1,
      activation: ACTIVATION_INSTRUCTIONS[activation],
    }),
    macs: inputs * lanes * LANE,
    cacheBytes: inputs * lanes * LANE * ELEMENT_BYTES[precision],
  };
}

/** Returns the work of adding up an image's sums of so many tiles. */
export function sumsWork({channels, threads}: GatesMaker, tiles: number): GroupWork {
  const lanes = lanesOf(channels);
  const parts = partsOf(lanes, threads);
  const loads = Math.ceil((lanes * parts) / threads) * Math.ceil(tiles / parts);
  return {
    ...counted({tap: loads, filterRow: Math.ceil(loads / LOADS_AT_A_TIME), slab: 1}),
    cacheBytes: tiles * lanes * VECTOR_BYTES,
  };
}
