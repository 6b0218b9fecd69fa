/** Whether a measured time is below the attainable one. */
import type {MachineLevel} from './machine/levels.ts';
import type {WaterlineKernel} from './waterline.ts';

/** How well a machine's rates are known; a Machine is one. */
interface Spreads {
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
