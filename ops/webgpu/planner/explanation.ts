/** A plan explained to people: what it is, and its advantages over the next best one, in figures that the planner counted. */
import type {ReferenceGPU} from './families.ts';
import type {Pass} from './pass.ts';
import type {PixelTile, Variant} from './variant.ts';

type Passes = readonly Pass[];

/** Returns how long the passes take by the cost model. Units: seconds. */
export function secondsOf(passes: Passes): number {
  return sumOf(passes, ({cost}) => cost.seconds);
}

/** Returns what a plan is, as in `two passes (2×7 tiles, then 16 pixels × 64 hidden channels; 56 + 49 workgroups)`. */
export function describePasses(passes: Passes): string {
  const tiles = passes.map(({variant}) => tileText(variant)).join(', then ');
  const workgroups = passes.map(({cost}) => cost.workgroups).join(' + ');
  return `${passesText(passes)} (${tiles}; ${workgroups} ${workgroups === '1' ? 'workgroup' : 'workgroups'})`;
}

function passesText({length}: Passes): string {
  const count = ['no', 'one', 'two', 'three', 'four'][length]!;
  return `${count} ${length === 1 ? 'pass' : 'passes'}`;
}

function tileText(variant: Variant): string {
  switch (variant.kernel) {
    case 'pointwise':
      return `${variant.tile.rows} pixels × ${variant.tile.columns} outputs`;
    case 'spatial':
      return rectangleText(variant.tile);
    case 'gates':
      return variant.part.kind === 'squeeze-excite' ? 'gates' : 'norms';
    case 'conv-first': {
      const {spatial, expandTile} = variant;
      const pixels = spatial === null ? `${expandTile.rows} pixels` : rectangleText(spatial.tile);
      return `${pixels} × ${expandTile.columns} hidden channels`;
    }
    case 'expand-first':
      return `${rectangleText(variant.spatial.tile)} × ${variant.hiddenChunk} ${variant.convolvesX === true ? '' : 'hidden '}channels`;
    default:
      return variant satisfies never;
  }
}

function rectangleText({height, width}: PixelTile): string {
  return `${height}×${width} tiles`;
}

/** At most so many advantages are named. */
const MAX_ADVANTAGES = 2;
/** A count whose ratio is less is no advantage: rounded, the two would look alike. */
const MIN_RATIO = 1.01;

/** What one plan has over another, and how much faster that makes it by the cost model. Units: seconds. */
interface Advantage {
  readonly seconds: number;
  readonly text: string;
}

/**
 * Returns why a plan is faster than the next of all, fastest first: its largest advantages where they explain at least a third of
 * the difference, else the two times.
 */
export function planReason(ranked: readonly Passes[], rank: number, gpu: ReferenceGPU): string {
  const passes = ranked[rank]!;
  const next = ranked[rank + 1];
  if (next === undefined) return rank === 0 ? 'nothing else fits the device' : 'the last that fits the device';
  const largest = advantages(passes, next, gpu)
    .filter(({seconds}) => seconds > 0)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, MAX_ADVANTAGES);
  const explained = largest.reduce((sum, {seconds}) => sum + seconds, 0);
  const [own, others] = [microseconds(secondsOf(passes)), microseconds(secondsOf(next))];
  if (explained >= (secondsOf(next) - secondsOf(passes)) / 3) return largest.map(({text}) => text).join(', ');
  return `takes ${own} µs by the cost model, ${passesText(next)} ${others} µs`;
}

function advantages(own: Passes, next: Passes, gpu: ReferenceGPU): Advantage[] {
  const {units, simds, lanes, hertz, memoryBytesPerSecond, sharedCacheBytesPerSecond, dispatchSeconds} = gpu;
  const others = passesText(next);
  const verb = (one: string, many: string): string => (next.length === 1 ? one : many);
  const compare = (
    count: (pass: Pass) => number,
    perSecond: number,
    text: (mine: number, theirs: number) => string,
  ): Advantage => {
    const [mine, theirs] = [sumOf(own, count), sumOf(next, count)];
    return {seconds: theirs < MIN_RATIO * mine ? 0 : (theirs - mine) / perSecond, text: text(mine, theirs)};
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
      sharedCacheBytesPerSecond,
      (mine, theirs) => `its workgroups read and write ${mebibytes(mine)}, those of ${others} ${mebibytes(theirs)}`,
    ),
    compare(
      ({cost}) => cost.macs,
      units * simds * lanes * hertz,
      (mine, theirs) =>
        `computes ${millions(mine)} MMAC where ${others} ${verb('computes', 'compute')} ${millions(theirs)}`,
    ),
    {
      seconds: idle * longest(next).cost.seconds,
      text: `keeps ${busy} workgroups busy where ${others} ${verb('has', 'have')} ${otherBusy}`,
    },
    {
      seconds: fewer * dispatchSeconds,
      text: `saves ${fewer === 1 ? 'a dispatch' : `${fewer} dispatches`} over ${others}`,
    },
  ];
}

/** Returns the pass that takes longest. */
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
