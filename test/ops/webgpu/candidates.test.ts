/**
 * The cost model against what the compilers of real GPUs make of the planner's candidates (`npm run bench:gpu:candidates`), whose
 * modelled times are kept here by `npm run bench:gpu:fit -- --keep test/ops/webgpu/kept`.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type KeptTimes, stepName, tileKey} from '../../../bench/gpu/kept.ts';
import {type BlockCase, CASES} from '../../../bench/speed/cases.ts';
import {getOrMake} from '../../../ops/getOrMake.ts';
import {cutsOf, type Step} from '../../../ops/webgpu/planner/cuts.ts';
import {DEFAULT_TRAITS} from '../../../ops/webgpu/planner/device.ts';
import type {GPUFamily} from '../../../ops/webgpu/planner/families.ts';
import {fastestPass, type Pass, passesOf} from '../../../ops/webgpu/planner/pass.ts';
import {blockOnDevice, type BlockOnDevice} from '../../../ops/webgpu/planner/tensors.ts';

const BLOCKS = CASES.filter((each): each is BlockCase => each.kind === 'block');

/** A step of a block, with its candidates whose times are kept. */
interface KeptStep {
  readonly chosen: Pass;
  /** Of the candidate that is chosen, and of the best. Units: µs. */
  readonly chosenUs: number | undefined;
  readonly bestUs: number;
  readonly planned: readonly number[];
  readonly modelled: readonly number[];
}

/** A block, with its cuts in steps; a step that several have is one object. */
interface KeptBlock {
  readonly name: string;
  readonly cuts: readonly (readonly KeptStep[])[];
}

function blocksOf(family: GPUFamily): KeptBlock[] {
  const kept = JSON.parse(readFileSync(join('test/ops/webgpu/kept', `${family}.json`), 'utf8')) as KeptTimes;
  const traits = {...DEFAULT_TRAITS, workgroupBytes: 32 * 1024, family};
  return BLOCKS.map(({name, spec, size}) => {
    const block = blockOnDevice({spec, size, precision: 'float32'}, traits);
    const made = new Map<Step, KeptStep | null>();
    const cuts = cutsOf(block).map((steps) =>
      steps.map((step) => getOrMake(made, step, () => keptStep(block, step, kept[name]![stepName(step)]))),
    );
    return {name, cuts: cuts.filter((steps): steps is KeptStep[] => steps.every((step) => step !== null))};
  });
}

/** Null where no candidate fits the device. */
function keptStep(
  block: BlockOnDevice,
  step: Step,
  times: Readonly<Record<string, number>> | undefined,
): KeptStep | null {
  const chosen = fastestPass(block, step);
  if (typeof chosen === 'string' || times === undefined) return null;
  const found = [...passesOf(block, step)].filter(({variant}) => times[tileKey(variant)] !== undefined);
  const modelled = found.map(({variant}) => times[tileKey(variant)]!);
  return {
    chosen,
    chosenUs: times[tileKey(chosen.variant)],
    bestUs: Math.min(...modelled),
    modelled,
    planned: found.map(({cost}) => cost.seconds - cost.dispatchSeconds),
  };
}

/** Returns what a plan takes with its dispatches. Units: µs. */
function withDispatches(steps: readonly KeptStep[], us: (step: KeptStep) => number | undefined): number {
  return steps.reduce((sum, step) => sum + (us(step) ?? NaN) + 1e6 * step.chosen.cost.dispatchSeconds, 0);
}

/** Returns Spearman's rank correlation. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const mean = (a.length - 1) / 2;
  const sum = (u: readonly number[], v: readonly number[]): number =>
    u.reduce((total, each, i) => total + (each - mean) * (v[i]! - mean), 0);
  return sum(x, y) / sum(x, x);
}

function ranksOf(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((i, j) => values[i]! - values[j]!);
  const ranks: number[] = [];
  for (const [rank, i] of order.entries()) ranks[i] = rank;
  return ranks;
}

describe.each(['amd', 'nvidia', 'intel'] as const)('the cost model of family %s', (family) => {
  const blocks = blocksOf(family);

  it('ranks all candidates of all blocks as their compiled shaders do', () => {
    const steps = [...new Set(blocks.flatMap(({cuts}) => cuts.flat()))];
    const planned = steps.flatMap((step) => step.planned);
    expect(planned.length).toBeGreaterThan(400);
    const modelled = steps.flatMap((step) => step.modelled);
    expect(rankCorrelation(planned, modelled)).toBeGreaterThan(0.9);
  });

  it.each(blocks)('chooses a plan for $name that takes at most 1.2 times as long as the best candidates', ({cuts}) => {
    const seconds = (steps: readonly KeptStep[]): number =>
      steps.reduce((sum, {chosen}) => sum + chosen.cost.seconds, 0);
    const chosen = [...cuts].sort((a, b) => seconds(a) - seconds(b))[0]!;
    const best = Math.min(...cuts.map((steps) => withDispatches(steps, ({bestUs}) => bestUs)));
    expect(withDispatches(chosen, ({chosenUs}) => chosenUs)).toBeLessThanOrEqual(1.2 * best);
  });
});
