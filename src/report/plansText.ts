/** Plans of a model's blocks as text: what each kind of block runs as, and the bytes that it moves. */
import type {PlannedKind} from '../compare/plans.ts';

/** Above a list of kinds. */
export const KINDS_LEGEND = 'MiB moved: with one kernel a layer → fused';

/** Returns a kind's size, arithmetic, bytes and plan; the plan is `stock ops: …` where there is none. */
export function planText({size, words, dispatches, macs, bytes, scratchBytes}: PlannedKind): string {
  const {batch, height, width} = size;
  const at = `at ${height}×${width}${batch === 1 ? '' : `, batch ${batch}`}`;
  const between = dispatches > 1 ? ` (${mib(scratchBytes)} in tensors between its passes)` : '';
  const moved = bytes.fused > 0 ? `, ${mebi(bytes.stock)} → ${mib(bytes.fused)}${between}` : '';
  return `${at}: ${mmac(macs)}${moved}; ${words}`;
}

/** Returns bytes in MiB. */
export function mib(bytes: number): string {
  return `${mebi(bytes)} MiB`;
}

/** Returns a difference or tolerance with two digits. */
export function shortNumber(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}

const mebi = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);

function mmac(macs: number): string {
  return `${Number((macs / 1e6).toPrecision(3))} MMAC`;
}
