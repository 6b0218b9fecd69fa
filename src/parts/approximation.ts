/**
 * Parts whose constants differ from ours by more than rounding to float32, after all that can be folded: how far off they are, and
 * whether that is near enough to say so and fuse.
 */
import {type Algebra, ROUNDING, type Sum} from './algebra.ts';
import {evaluate} from './evaluate.ts';

/** A part that is computed with constants that are not the model's own. */
export interface Approximation {
  /** What the part is, in the words of the layer. */
  readonly part: string;
  /** The largest difference that it makes to the part's output on sample inputs, relative to the largest output. */
  readonly error: number;
}

/** A part that is further off is left alone. */
const MAX_ERROR = 2e-5;
/** Where the constants of a formula do not say how many there are. */
const SAMPLE_CHANNELS = 64;

/** A formula with the model's own constants, and the same with ours. */
export interface Compared {
  /** For the user. */
  readonly part: string;
  readonly own: Sum;
  readonly ours: Sum;
}

/** Returns null where both formulas are the same; how far they are apart; or as text why the part is left alone. */
export function compareFormulas({part, own, ours}: Compared, m: Algebra): Approximation | string | null {
  if (m.same(own, ours)) return null;
  const vector = own.find(({coefficient}) => typeof coefficient !== 'number')?.coefficient as Float64Array | undefined;
  const error = worstError(samplePixels(vector?.length ?? SAMPLE_CHANNELS), own, ours);
  if (error <= ROUNDING) return null;
  if (error <= MAX_ERROR) return {part, error};
  return `${part} with other constants: off by ${error.toPrecision(1)} of its largest output, more than ${MAX_ERROR}`;
}

function worstError(samples: readonly Float64Array[], own: Sum, ours: Sum): number {
  let difference = 0;
  let largest = 0;
  for (const sample of samples) {
    const expected = evaluate(own, sample);
    const got = evaluate(ours, sample);
    expected.forEach((value, c) => {
      difference = Math.max(difference, Math.abs(got[c]! - value));
      largest = Math.max(largest, Math.abs(value));
    });
  }
  return difference / largest;
}

const PIXELS = 16;
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** Returns what parts are compared on: pixels of numbers spread over ±2, each around a mean of its own in ±2. */
function samplePixels(channels: number): Float64Array[] {
  let count = 0;
  const next = (): number => 4 * ((++count * GOLDEN_RATIO) % 1) - 2;
  return Array.from({length: PIXELS}, () => {
    const mean = next();
    return Float64Array.from({length: channels}, () => mean + next());
  });
}
