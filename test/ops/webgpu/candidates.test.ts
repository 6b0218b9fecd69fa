/**
 * The cost model against what the compilers of real GPUs make of the planner's candidates (`npm run bench:gpu:candidates`), whose
 * modelled times are kept here by `npm run bench:gpu:fit -- --keep test/ops/webgpu/kept`.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type KeptTimes, tileKey} from '../../../bench/gpu/kept.ts';
import {type BlockCase, CASES} from '../../../bench/speed/cases.ts';
import {cutsOf, type Step} from '../../../ops/webgpu/planner/cuts.ts';
import {DEFAULT_TRAITS} from '../../../ops/webgpu/planner/device.ts';
import type {GPUFamily} from '../../../ops/webgpu/planner/families.ts';
import {fastestPass, type Pass, passesOf} from '../../../ops/webgpu/planner/pass.ts';
import {blockOnDevice} from '../../../ops/webgpu/planner/tensors.ts';

const BLOCKS = CASES.filter((each): each is BlockCase => each.kind === 'block');

/** A step whose candidates' times are kept. */
interface KeptStep {
  readonly name: string;
  readonly chosen: string;
  readonly best: number;
  /** Of the candidate that is chosen. Units: µs. */
  readonly chosenUs: number | undefined;
  readonly planned: readonly number[];
  readonly modelled: readonly number[];
}

function stepsOf(family: GPUFamily): KeptStep[] {
  const kept = JSON.parse(readFileSync(join('test/ops/webgpu/kept', `${family}.json`), 'utf8')) as KeptTimes;
  const traits = {...DEFAULT_TRAITS, workgroupBytes: 32 * 1024, family};
  return BLOCKS.flatMap(({name, spec, size}) => {
    const block = blockOnDevice({spec, size, precision: 'float32'}, traits);
    const steps = [...new Set(cutsOf(block).flat())];
    return steps.flatMap((step) => {
      const passes = [...passesOf(block, step)];
      const chosen = fastestPass(block, step);
      return typeof chosen === 'string'
        ? []
        : [keptStep(`${name}, ${nameOf(step)}`, kept[name]![nameOf(step)]!, {passes, chosen})];
    });
  });
}

function nameOf({inputs, output}: Step): string {
  return `${inputs[0]!} to ${output}`;
}

function keptStep(
  name: string,
  times: Readonly<Record<string, number>>,
  {passes, chosen}: {readonly passes: readonly Pass[]; readonly chosen: Pass},
): KeptStep {
  const found = passes.filter(({variant}) => times[tileKey(variant)] !== undefined);
  const modelled = found.map(({variant}) => times[tileKey(variant)]!);
  return {
    ...{name, chosen: tileKey(chosen.variant), chosenUs: times[tileKey(chosen.variant)]},
    ...{best: Math.min(...modelled), modelled},
    planned: found.map(({cost}) => cost.seconds - cost.dispatchSeconds),
  };
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
  const steps = stepsOf(family);

  it('ranks all candidates of all blocks as their compiled shaders do', () => {
    const planned = steps.flatMap((step) => step.planned);
    expect(planned.length).toBeGreaterThan(400);
    expect(
      rankCorrelation(
        planned,
        steps.flatMap(({modelled}) => modelled),
      ),
    ).toBeGreaterThan(0.9);
  });

  it('chooses of each step a candidate that takes at most 1.2 times as long as the best', () => {
    const far = steps.filter(({chosenUs, best}) => !(chosenUs !== undefined && chosenUs <= 1.2 * best));
    expect(far.map(({name, chosen, chosenUs, best}) => ({name, chosen, chosenUs, best}))).toEqual([]);
  });
});
