/** What an invocation of a workgroup does, in counts, and how those of stages are added up. */

/** What an invocation does, in units of the shaders' text. */
export const COUNTS = [
  /** FMAs of a product, each of one number. */
  'fma',
  /** Inputs of a product, each a round of its loop; and the vectors of weights and of pixels that it loads of workgroup memory. */
  'input',
  'operand',
  /** Slabs, with two barriers each, and those whose loads were on their way during the one before. */
  'slab',
  'prefetchedSlab',
  /** Vectors of weights, and lanes of a quad of pixels, staged; and those that were on their way. */
  'weight',
  'pixelQuad',
  'prefetchedWeight',
  'prefetchedPixelQuad',
  /** Vectors of weights staged of which all lie the same steps apart; of pixels read by a product; and the lines of a cache for these. */
  'steppedWeight',
  'readPixel',
  'readLine',
  /** Vectors that a cache reads beside those that are asked for: of a pixel a slab may be less than a line. */
  'beside',
  /** FMAs of a conv, its vectors of filters, and those of its input, of a tensor or of workgroup memory. */
  'convFma',
  'filter',
  'tap',
  'plainTap',
  'sharedTap',
  /** Rows of a filter, each with a wait for its taps. */
  'filterRow',
  /** Vectors of a conv's output put into workgroup memory. */
  'convOutput',
  /** Vectors of a LayerNorm, and its rounds. */
  'norm',
  'normRound',
  /** Vector instructions of activations. */
  'activation',
  /** Vectors of hidden values put into workgroup memory, by quads, or pixel by pixel for a conv. */
  'hidden',
  'halo',
  /** Vectors of sums joined, and the turns of the parts. */
  'joined',
  'turn',
  /** Vectors of output stored, and of the residual read. */
  'output',
  'residual',
] as const;

export type Count = (typeof COUNTS)[number];
/** What is left out is none. */
export type Counts = Readonly<Partial<Record<Count, number>>>;

/** What each of a count takes; what is left out takes nothing. */
export type Prices = Counts;

/** The work of a workgroup. */
export interface GroupWork {
  /** Of all its invocations: halos, and padding to whole tiles, included. */
  readonly macs: number;
  /** Of the busiest invocation. */
  readonly counts: Counts;
  /** What the workgroup reads and writes outside its unit, once. */
  readonly cacheBytes: number;
  /** The most that an invocation holds at a time. */
  readonly registers: number;
}

/** Nothing done. */
export const NOTHING: GroupWork = {macs: 0, counts: {}, cacheBytes: 0, registers: 0};

/** Returns work of which only this is counted. */
export function counted(counts: Counts): GroupWork {
  return {...NOTHING, counts};
}

/** Returns the work of stages one after the other. */
export function sequence(stages: readonly GroupWork[]): GroupWork {
  const sum = {macs: 0, counts: {} as Record<string, number>, cacheBytes: 0, registers: 0};
  for (const {macs, counts, cacheBytes, registers} of stages) {
    sum.macs += macs;
    sum.cacheBytes += cacheBytes;
    sum.registers = Math.max(sum.registers, registers);
    for (const name in counts) sum.counts[name] = (sum.counts[name] ?? 0) + counts[name as Count]!;
  }
  return sum;
}

/** Returns the work of a stage that is done n times. */
export function times(n: number, {macs, counts, cacheBytes, registers}: GroupWork): GroupWork {
  const all: Record<string, number> = {};
  for (const name in counts) all[name] = n * counts[name as Count]!;
  return {macs: n * macs, counts: all, cacheBytes: n * cacheBytes, registers};
}

/** Returns the work of a stage during which sums of another one stay in registers. */
export function holding(registers: number, work: GroupWork): GroupWork {
  return {...work, registers: registers + work.registers};
}
