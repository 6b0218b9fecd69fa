/**
 * What is asked for where a file is written: blocks run against what they replace, and params stored as float16. Loading has no use
 * for it, so it is loaded late.
 */
import {float16Refusal} from '../../ops/float16Params.ts';
import type {BlockMatch} from '../blocks/match.ts';
import {type EmittedBlock, paramsOf} from './emit.ts';
import type {FuseOptions} from './options.ts';
import type {BlockCheck, Fusion, LeftBlock} from './report.ts';
import {rewrite, type Rewriting} from './rewrite.ts';
import {verifyBlocks} from './verify.ts';

/** A block that is left alone, and why. */
export interface LeftMatch extends Pick<LeftBlock, 'reason' | 'maxError'> {
  readonly match: BlockMatch;
}

/** The blocks as they are emitted, and those that are left alone since they are wrong. */
export interface CheckedBlocks extends Pick<Fusion, 'checks' | 'inFloat32'> {
  readonly left: readonly LeftMatch[];
  readonly emitted: readonly EmittedBlock[];
}

/**
 * Runs the blocks where that is asked for. With storage 'keep' those in float16 are run in any case: one that is further off than one
 * rounding of its weights makes it is stored in float32, and run again.
 */
export async function checkBlocks(rewriting: Rewriting, blocks: readonly BlockMatch[]): Promise<CheckedBlocks> {
  const {verify = false, storage} = rewriting.options;
  const refusals = float16Refusals(blocks, rewriting.options);
  const wanted = blocks.map((match) => ({
    match,
    inFloat16: isRounded(match, rewriting.options) && !refusals.has(match),
  }));
  const judged = verify ? wanted : storage === 'keep' ? wanted.filter(({inFloat16}) => inFloat16) : [];
  const first = await check(rewriting, wanted, judged);

  const reasons = new Map(first.map(({name, reason}) => [name, reason]));
  const inexact = wanted.filter(
    (block) => storage === 'keep' && block.inFloat16 && reasons.get(nameOf(block)) !== null,
  );
  const final = wanted.map((block) => (inexact.includes(block) ? {...block, inFloat16: false} : block));
  const again = await check(rewriting, final, inexact);

  const checks = [...first.filter(({name}) => again.every((each) => each.name !== name)), ...again];
  const wrong = checks.filter(({reason}) => reason !== null);
  return {
    emitted: final.filter((block) => wrong.every(({name}) => name !== nameOf(block))),
    left: wrong.map(({name, reason, maxError}) => ({
      match: final.find((block) => nameOf(block) === name)!.match,
      ...{reason: reason!, maxError},
    })),
    checks,
    inFloat32: [
      ...Array.from(refusals, ([{root}, reason]) => ({name: root.name, reason})),
      ...inexact.map((block) => ({name: nameOf(block), reason: `in float16 it ${reasons.get(nameOf(block))!}`})),
    ],
  };
}

function nameOf({match}: EmittedBlock): string {
  return match.root.name;
}

/** Runs `only` these of the blocks that are emitted. */
async function check(
  rewriting: Rewriting,
  emitted: readonly EmittedBlock[],
  only: readonly EmittedBlock[],
): Promise<BlockCheck[]> {
  if (only.length === 0) return [];
  const {graph, options} = rewriting;
  const {graph: fused} = await rewrite(rewriting, emitted);
  return verifyBlocks(graph, fused, {inputShape: options.inputShape, only: new Set(only.map(nameOf))});
}

/** Whether a block's params are to be stored as float16. */
function isRounded({isQuantized}: BlockMatch, {storage}: FuseOptions): boolean {
  return storage === 'keep' ? isQuantized : storage === 'float16';
}

/** Of blocks that are to be in float16, what float16 does not hold. */
function float16Refusals(blocks: readonly BlockMatch[], options: FuseOptions): ReadonlyMap<BlockMatch, string> {
  const refusals = new Map<BlockMatch, string>();
  for (const block of blocks) {
    const reason = isRounded(block, options) ? float16Refusal(block.spec, paramsOf(block)) : null;
    if (reason !== null) refusals.set(block, reason);
  }
  return refusals;
}
