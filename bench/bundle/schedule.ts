/** In which order the bundle's bench runs its cases: what is worth most first, since a time limit may cut off the rest. */
import type {BenchCase} from '../speed/cases.ts';

/** A case, at so many images at a time. */
export interface ScheduledCase {
  readonly bench: BenchCase;
  readonly batch: number;
}

/** As pages run a network: one image, several, and as many as fill a GPU. */
export const BATCHES: readonly number[] = [1, 8, 32];

/** Returns every case at every batch: batch by batch, and of each the blocks before the networks. */
export function scheduled(cases: readonly BenchCase[], batches: readonly number[]): ScheduledCase[] {
  const kinds = ['block', 'network'] as const satisfies readonly BenchCase['kind'][];
  const ordered = kinds.flatMap((kind) => cases.filter((bench) => bench.kind === kind));
  return batches.flatMap((batch) => ordered.map((bench) => ({bench, batch})));
}
