/** What is said of a plan to people: what it is, and what it has over the next best, in figures that were counted. */
import {REFERENCE_GPU} from './costModel.ts';
import type {Pass} from './pass.ts';
import {LANE, type PixelTile, type Variant} from './variant.ts';

type Passes = readonly Pass[];

/** Returns how long the passes take by the cost model. Units: seconds. */
export function secondsOf(passes: Passes): number {
  return sumOf(passes, ({cost}) => cost.seconds);
}

/** Returns what a plan is, as in `two passes (2×7 tiles, then 16 pixels × 64 hidden channels; 56 + 49 workgroups)`. */
export function planWords(passes: Passes): string {
  const tiles = passes.map(({variant}) => tileWords(variant)).join(', then ');
  const workgroups = passes.map(({cost}) => cost.workgroups).join(' + ');
  return `${passesWords(passes)} (${tiles}; ${workgroups} ${workgroups === '1' ? 'workgroup' : 'workgroups'})`;
}

function passesWords({length}: Passes): string {
  return length === 1 ? 'one pass' : length === 2 ? 'two passes' : 'three passes';
}

function tileWords(variant: Variant): string {
  switch (variant.kernel) {
    case 'pointwise':
      return `${variant.tile.rows} pixels × ${variant.tile.columns} outputs`;
    case 'spatial':
      return rectangleWords(variant.tile);
    case 'conv-first': {
      const {spatial, expandTile} = variant;
      const pixels = spatial === null ? `${expandTile.rows} pixels` : rectangleWords(spatial.tile);
      return `${pixels} × ${expandTile.columns} hidden channels`;
    }
    case 'expand-first':
      return `${rectangleWords(variant.spatial.tile)} × ${variant.hiddenChunk} hidden channels`;
    default:
      return variant satisfies never;
  }
}

function rectangleWords({height, width}: PixelTile): string {
  return `${height}×${width} tiles`;
}

/** As many are told, of counts that differ so much: of the rest the figures would look alike. */
const MOST_ADVANTAGES = 2;
const NOTICEABLE = 1.01;

/** What one plan has over another, and what the cost model gives for it. Units: seconds. */
interface Advantage {
  readonly seconds: number;
  readonly words: string;
}

/** Returns why a plan stands where it does among all, best first: by its largest counted advantages, where they explain it. */
export function planReason(ranked: readonly Passes[], place: number): string {
  const passes = ranked[place]!;
  const next = ranked[place + 1];
  if (next === undefined) return place === 0 ? 'nothing else fits the device' : 'the last that fits the device';
  const largest = advantages(passes, next)
    .filter(({seconds}) => seconds > 0)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, MOST_ADVANTAGES);
  const explained = largest.reduce((sum, {seconds}) => sum + seconds, 0);
  const [own, others] = [microseconds(secondsOf(passes)), microseconds(secondsOf(next))];
  if (explained >= (secondsOf(next) - secondsOf(passes)) / 3) return largest.map(({words}) => words).join(', ');
  return `takes ${own} µs by the cost model, ${passesWords(next)} ${others} µs`;
}

function advantages(own: Passes, next: Passes): Advantage[] {
  const {units, slotsPerSecond, memoryBytesPerSecond, cacheBytesPerSecond, dispatchSeconds} = REFERENCE_GPU;
  const others = passesWords(next);
  const verb = (one: string, many: string): string => (next.length === 1 ? one : many);
  const compare = (
    count: (pass: Pass) => number,
    perSecond: number,
    words: (mine: number, theirs: number) => string,
  ): Advantage => {
    const [mine, theirs] = [sumOf(own, count), sumOf(next, count)];
    return {seconds: theirs < NOTICEABLE * mine ? 0 : (theirs - mine) / perSecond, words: words(mine, theirs)};
  };
  const fewer = next.length - own.length;
  const [busy, otherBusy] = [longest(own).cost.workgroups, longest(next).cost.workgroups];
  const idle = Math.min(1, busy / units) - Math.min(1, otherBusy / units);
  return [
    compare(
      ({cost}) => cost.bytes,
      memoryBytesPerSecond,
      (mine, theirs) => `moves ${mebibytes(mine)} where ${others} ${verb('moves', 'move')} ${mebibytes(theirs)}`,
    ),
    compare(
      ({cost}) => cost.cacheBytes,
      cacheBytesPerSecond,
      (mine, theirs) => `its workgroups read and write ${mebibytes(mine)}, those of ${others} ${mebibytes(theirs)}`,
    ),
    compare(
      ({cost}) => cost.macs,
      LANE * units * slotsPerSecond,
      (mine, theirs) =>
        `computes ${millions(mine)} MMAC where ${others} ${verb('computes', 'compute')} ${millions(theirs)}`,
    ),
    {
      seconds: idle * longest(next).cost.seconds,
      words: `keeps ${busy} workgroups busy where ${others} ${verb('has', 'have')} ${otherBusy}`,
    },
    {
      seconds: fewer * dispatchSeconds,
      words: `saves ${fewer === 1 ? 'a dispatch' : `${fewer} dispatches`} over ${others}`,
    },
  ];
}

/** The pass that takes the plan's time. */
function longest(passes: Passes): Pass {
  return passes.reduce((a, b) => (b.cost.seconds > a.cost.seconds ? b : a));
}

function sumOf(passes: Passes, count: (pass: Pass) => number): number {
  return passes.reduce((sum, pass) => sum + count(pass), 0);
}

function mebibytes(bytes: number): string {
  return `${Number((bytes / 2 ** 20).toPrecision(3))} MiB`;
}

function millions(macs: number): number {
  return Number((macs / 1e6).toPrecision(3));
}

function microseconds(seconds: number): number {
  return Number((seconds * 1e6).toPrecision(3));
}
