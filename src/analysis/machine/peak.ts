/** The peak of a machine's arithmetic: the best rate of several loops. */
import {type Loop, measureRate, type Rate, type Sampling} from './rate.ts';

/** Units: operations a second, 2 a MAC. */
export interface ComputePeak extends Rate {
  /** The loop that it is the rate of. */
  readonly loop: string;
  readonly loops: Readonly<Record<string, Rate>>;
}

const SAMPLING: Sampling = {samples: 25, sampleMs: 4, warmupMs: 150};

/** Returns the best rate over loops by their names. */
export function measurePeak(loops: Readonly<Record<string, Loop>>): ComputePeak {
  return bestOf(Object.fromEntries(Object.entries(loops).map(([name, loop]) => [name, measureRate(loop, SAMPLING)])));
}

/** Returns the best of rates by the names of their loops. */
export function bestOf(loops: Readonly<Record<string, Rate>>): ComputePeak {
  const [loop, rate] = Object.entries(loops).reduce((best, each) => (each[1].perS > best[1].perS ? each : best));
  return {...rate, loop, loops};
}
