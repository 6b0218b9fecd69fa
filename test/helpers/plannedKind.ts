/** A kind of blocks with a plan made up for it, for tests of reports. */
import {type BlockSpec, describeBlock} from '../../ops/block.ts';
import type {PlannedKind} from '../../src/compare/plans.ts';

const MIB = 2 ** 20;

export function plannedKind(spec: BlockSpec, count: number): PlannedKind {
  return {
    ...{spec, count, block: describeBlock(spec), size: {batch: 1, height: 8, width: 8}},
    words: '8×8 pixels and 64 hidden channels at a time, 41 KiB of scratch',
    ...{dispatches: 1, macs: 181_000, bytes: {stock: 2 * MIB, fused: MIB}, cacheBytes: MIB, scratchBytes: 0},
  };
}
