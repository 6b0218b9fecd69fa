/** What some work takes on a machine at least. */
import type {KernelCost} from './kernelCost.ts';
import type {MachineRates} from './waterline.ts';

/** What computing and moving take, each as if there were not the other. Units: milliseconds. */
export interface Bounds {
  readonly idealMs: number;
  readonly movingMs: number;
  /** The level of memory that holds all that is moved: its bandwidth counts. */
  readonly level: string;
}

/** Returns the bounds of some work on a machine. It is memory-bound where moving takes longer than computing. */
export function boundsOf({ops, bytes}: Pick<KernelCost, 'ops' | 'bytes'>, {opsPerS, bytesPerS}: MachineRates): Bounds {
  const level = bytesPerS.find((each) => each.bytes !== null && bytes <= each.bytes) ?? bytesPerS.at(-1)!;
  return {idealMs: (1e3 * ops) / opsPerS, movingMs: (1e3 * bytes) / level.bytesPerS, level: level.level};
}
