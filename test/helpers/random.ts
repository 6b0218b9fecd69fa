/** Seeded test data: signed, different in every lane and channel. */

/** Returns a generator of uniform numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns `length` numbers, uniform in ±`scale`. */
export function randomFloats(length: number, {seed, scale = 1}: {seed: number; scale?: number}): Float32Array {
  const next = seededRandom(seed);
  return Float32Array.from({length}, () => (2 * next() - 1) * scale);
}
