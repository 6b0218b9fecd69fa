/** Work in parts, and what it takes at given rates. */

/** How much of each part there is; absent is none. */
export type Work<Part extends string> = Readonly<Partial<Record<Part, number>>>;

/** What one unit of each part takes, in MACs that the machine does at its peak meanwhile: so rates carry over from machine to machine. */
export type Rates<Part extends string> = Readonly<Record<Part, number>>;

/** Returns several works as one. */
export function sumOfWork<Part extends string>(works: readonly Work<Part>[]): Work<Part> {
  const sum: Partial<Record<Part, number>> = {};
  for (const work of works) for (const part of partsOf(work)) sum[part] = (sum[part] ?? 0) + work[part]!;
  return sum;
}

/** Returns so many times the work. */
export function timesWork<Part extends string>(times: number, work: Work<Part>): Work<Part> {
  const all: Partial<Record<Part, number>> = {};
  for (const part of partsOf(work)) all[part] = times * work[part]!;
  return all;
}

/** Returns what each part takes. Units: MACs at the peak. */
export function takenBy<Part extends string>(work: Work<Part>, rates: Rates<Part>): Work<Part> {
  const taken: Partial<Record<Part, number>> = {};
  for (const part of partsOf(work)) taken[part] = work[part]! * rates[part];
  return taken;
}

/** Returns the sum over all parts. */
export function totalOf<Part extends string>(work: Work<Part>): number {
  return partsOf(work).reduce((sum, part) => sum + work[part]!, 0);
}

function partsOf<Part extends string>(work: Work<Part>): Part[] {
  return Object.keys(work) as Part[];
}
