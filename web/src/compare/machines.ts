/** What this machine was measured to do, kept for the session: it is the same for every model on the same backend. */
import type {Machine} from '../../../src/analysis/machine/machine.ts';
import type {Memory} from '../settings/stored.ts';
import type {Settings} from '../settings/settings.ts';

/** The settings that a measurement depends on. */
function keyOf({backend, simd}: Settings): string {
  return `tfjs-block-fusion:machine:${backend}${backend === 'wasm' ? `:${simd}` : ''}`;
}

/** Returns what was measured with the same settings of the backend; null where nothing was. */
export function keptMachine(memory: () => Memory, settings: Settings): Machine | null {
  try {
    return JSON.parse(memory().getItem(keyOf(settings)) ?? 'null') as Machine | null;
  } catch {
    return null;
  }
}

/** Keeps it, where the browser has room for it. */
export function keepMachine(memory: () => Memory, settings: Settings, machine: Machine): void {
  try {
    memory().setItem(keyOf(settings), JSON.stringify(machine));
  } catch {
    // It is measured again.
  }
}
