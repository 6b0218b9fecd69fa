/** How many threads a backend has, in words. */
import type {Engine} from '../run/engine.ts';

/** Returns the threads of both sides, and why the fused one has no more. */
export function threadsText({threads, fusedThreads}: Pick<Engine, 'threads' | 'fusedThreads'>): string {
  const count = fusedThreads?.count ?? threads;
  const reason = fusedThreads?.reason ?? null;
  const both = `${threads} thread${threads === 1 ? '' : 's'}`;
  const why = reason === null ? '' : ` (${reason})`;
  return count === threads ? `${both}${why}` : `${both}, fused on ${count}${why}`;
}
