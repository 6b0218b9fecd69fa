/** What a dispatch costs beside its work, by one whose work is nothing: the cost model has a figure for it that is not measured. */
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {dispatchTimes, medianDispatches} from '../../src/run/gpu.ts';
import {type CompleteRun, interleave} from '../../src/run/interleave.ts';
import {median} from '../../src/run/statistics.ts';

export interface DispatchCost {
  /** From its call to the next one's, in a long row: the page's JavaScript, the browser and the driver. Units: milliseconds. */
  readonly wallMs: number;
  /** The GPU's own time for it; null without timestamps. Units: milliseconds. */
  readonly gpuMs: number | null;
}

/** Dispatches of the two rows: by their difference what comes once a row does not count. */
const FEW = 20;
const MANY = 220;
const RUNS = 10;

/** Returns what a dispatch costs on tfjs's current backend, which must be webgpu. */
export async function dispatchCost(): Promise<DispatchCost> {
  const start = tf.tensor1d([0, 0, 0, 0]);
  const ms = await interleave({few: row(start, FEW), many: row(start, MANY)}, {runs: RUNS});
  const submit = (): void => {
    tf.square(start).dispose();
  };
  const timed = await dispatchTimes({submit}, {runs: RUNS});
  start.dispose();
  return {
    wallMs: (median(ms.many) - median(ms.few)) / (MANY - FEW),
    gpuMs: timed && medianDispatches(timed.submit)[0]!.ms,
  };
}

/** A run of so many dispatches, each of which needs the one before. */
function row(start: ReturnType<typeof tf.tensor1d>, dispatches: number): CompleteRun {
  return async () => {
    const end = tf.tidy(() => {
      let x = tf.square(start);
      for (let i = 1; i < dispatches; i++) x = tf.square(x);
      return x;
    });
    await end.data();
    end.dispose();
  };
}
