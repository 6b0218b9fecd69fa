/**
 * Which blocks pay: from the block, the size of its input and the backend alone, by what was measured. `npm run bench` times
 * each kind of block; a kind that lost to stock there has a line here.
 */
import type {BlockSpec} from '../../ops/block.ts';
import {blockCost, type ImageSize} from '../../ops/cost.ts';

/** Blocks that stock ops run as fast, or faster. */
interface SlowCase {
  /** Which blocks, in words: the reason that the report gives. */
  readonly blocks: string;
  readonly holds: (spec: BlockSpec, size: ImageSize) => boolean;
}

/** Below this the fixed cost of a call outweighs what fusing saves. Units: MACs. */
const LEAST_WORK = 10_000;

const tooLittleWork: SlowCase = {
  blocks: `a block of fewer than ${LEAST_WORK} MACs`,
  holds: (spec, size) => blockCost(spec, size).macs.total < LEAST_WORK,
};

/** By backend. One that is not listed has no kernel of ours: there a fused block is the stock ops again. */
const SLOW_CASES: Readonly<Record<string, readonly SlowCase[]>> = {
  wasm: [tooLittleWork],
};

/** Returns why a block would not be faster fused; null where it is. */
export function reasonNotToFuse(spec: BlockSpec, size: ImageSize, backend: string): string | null {
  const cases = SLOW_CASES[backend];
  if (cases === undefined) return `there is no fused kernel for backend ${backend}`;
  const found = cases.find(({holds}) => holds(spec, size));
  return found === undefined ? null : `${found.blocks} is no faster fused on ${backend}`;
}
