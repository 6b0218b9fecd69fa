/** What some work takes on a machine at least, and whether a measurement keeps to that. */
import type {KernelCost} from './kernelCost.ts';
import type {MachineLevel} from './machine/levels.ts';
import type {MachineRates, WaterlineKernel} from './waterline.ts';

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

/** How well a machine's rates are known, as a Machine tells. */
export interface Spreads {
  /** Of the peak; null where it was given. */
  readonly spread: number | null;
  readonly bytesPerS: readonly Pick<MachineLevel, 'level' | 'spread'>[];
}

/** Returns whether a kernel was faster than is attainable, by more than the machine's rates are known by. */
export function beatsBound(
  {actualMs, attainableMs, memoryBound, level}: WaterlineKernel,
  {spread, bytesPerS}: Spreads,
): boolean {
  const bandwidth = bytesPerS.find((each) => each.level === level);
  const within = (memoryBound ? bandwidth?.spread : spread) ?? 0;
  return actualMs !== null && actualMs > 0 && actualMs * (1 + within) < attainableMs;
}
