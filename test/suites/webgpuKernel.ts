/** The webgpu kernels against the float64 loops: one body for Node and for Chromium, with every plan of every block forced. */
import {blockSpec, describeBlock, isGlobal} from '../../ops/block.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {traitsOf} from '../../ops/webgpu/planner/device.ts';
import {FAMILIES, type GPUFamily} from '../../ops/webgpu/planner/families.ts';
import type {WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';
import {expectClose} from '../helpers/closeness.ts';
import {atDefaultLimits, describeWebGPU, webgpuBackend} from '../helpers/webgpu.ts';
import {
  type BlockCase,
  impulse,
  LAYERED_BLOCKS,
  MODEL_BLOCKS,
  PART_BLOCKS,
  SMALL_BLOCKS,
  titleOf,
  toleranceOf,
} from '../helpers/blockCases.ts';
import {plansOf, type Problem, randomProblem, runForced} from '../helpers/forcedPlans.ts';

/** Those that the software adapter is not of. */
const OTHER_FAMILIES = (Object.keys(FAMILIES) as GPUFamily[]).filter((family) => family !== 'other');

/** Runs every plan of a problem, by default those for the GPU at hand, and says of a failure whose it is. */
async function eachPlan(problem: Problem, check: (y: Float32Array) => void, plans = plansOf(problem)): Promise<void> {
  const {spec, size} = problem;
  for (const plan of plans)
    try {
      check(await runForced(plan, problem));
    } catch (error) {
      const title = `${describeBlock(spec)} at ${size.batch}×${size.height}×${size.width}, ${plan.description}`;
      throw new Error(`${title}: ${String(error)}`, {cause: error});
    }
}

/** Compares every plan of a problem with the float64 loops. */
async function checkPlans(problem: Problem, plans = plansOf(problem)): Promise<void> {
  const {spec, size, x, params} = problem;
  const expected = referenceBlock(spec, {...size, x}, params);
  await eachPlan(problem, (y) => expectClose(y, expected, toleranceOf(spec)), plans);
}

/** Returns the plans of a problem for GPUs of a family, whatever the GPU at hand is. */
function plansFor(family: GPUFamily, problem: Problem): readonly WebGPUPlan[] {
  return plansOf(problem, {...traitsOf(webgpuBackend().device), family});
}

/** The sweep, as tests of the runner at hand: of the small blocks every so many, of those with rare parts, and of what takes longer. */
export function webgpuKernelSuite({
  every = 1,
  everyPart = 6,
  everyLarge = 1,
}: {every?: number; everyPart?: number; everyLarge?: number} = {}): void {
  const some = <T>(blocks: readonly T[], every: number): T[] => blocks.filter((_, i) => i % every === 0);
  const parted = some(PART_BLOCKS, everyPart);

  describeWebGPU('webgpu kernel, every plan', () => {
    describe('comes near the float64 loops', () => {
      for (const block of [
        ...some(SMALL_BLOCKS, every),
        ...parted,
        ...some([...LAYERED_BLOCKS, ...MODEL_BLOCKS], everyLarge),
      ])
        it(titleOf(block), () => checkPlans(randomProblem(block)));
    });

    for (const [turn, family] of OTHER_FAMILIES.entries())
      describe(`comes near the float64 loops with the tiles of family ${family}`, () => {
        for (const block of [
          ...some(SMALL_BLOCKS, 6 * every),
          ...some(parted, 5),
          // The families take turns: each large block is computed with the tiles of the GPU at hand and of one other.
          ...some(some([...LAYERED_BLOCKS, ...MODEL_BLOCKS], everyLarge).slice(turn), OTHER_FAMILIES.length),
        ])
          it(titleOf(block), async () => {
            const problem = randomProblem(block);
            await checkPlans(problem, plansFor(family, problem));
          });
      });

    describe('gives an impulse back as the filter says', () => {
      for (const block of some(LAYERED_BLOCKS, everyLarge)) it(titleOf(block), () => checkImpulse(block));
    });

    describe('lets NaN and infinity reach only what the maths says', () => {
      // Of stride 2, a window of 1×1 may read no poison.
      const sound = some(parted, 5).filter(({spec: {stride}}) => stride === 1);
      for (const block of [...some(LAYERED_BLOCKS, everyLarge), ...sound])
        it(titleOf(block), async () => {
          for (const poison of [NaN, Infinity]) await checkPoison(block, poison);
        });
    });

    describe('carries NaN through every activation', () => {
      for (const block of [...some(SMALL_BLOCKS, every), ...some(parted, 3)].filter(
        ({spec}) => spec.padding === 'same',
      ))
        it(titleOf(block), () => checkAllNaN(block));
    });

    describe('gives the same bits in every run where tiles leave sums, and leaves no tensor behind', () => {
      for (const block of some(
        parted.filter(({spec}) => isGlobal(spec)),
        5,
      ))
        it(titleOf(block), () => checkSameBits(block));
    });
  });

  describeWebGPU(
    "webgpu kernel, every plan at WebGPU's default limits",
    () => {
      for (const block of some(MODEL_BLOCKS, everyLarge)) it(titleOf(block), () => checkPlans(randomProblem(block)));
    },
    atDefaultLimits,
  );
}

async function checkImpulse(block: BlockCase): Promise<void> {
  const problem = randomProblem(block);
  await checkPlans({...problem, x: impulse(block, problem.size.batch)});
}

async function checkSameBits(block: BlockCase): Promise<void> {
  const problem = randomProblem(block);
  for (const plan of plansOf(problem)) {
    const before = webgpuBackend().numDataIds();
    const y = await runForced(plan, problem);
    for (let run = 0; run < 3; run++) expect(await runForced(plan, problem)).toEqual(y);
    expect(webgpuBackend().numDataIds()).toBe(before);
  }
}

async function checkAllNaN(block: BlockCase): Promise<void> {
  const problem = randomProblem(block);
  await eachPlan({...problem, x: problem.x.fill(NaN)}, (y) => {
    expect(y.every(Number.isNaN)).toBe(true);
  });
}

/** Without activations a value is either touched by the poison, and then not finite, or not touched at all. */
async function checkPoison({spec: base, height, width}: BlockCase, poison: number): Promise<void> {
  const problem = randomProblem({
    spec: blockSpec({...base, hiddenActivation: 'linear', spatialActivation: 'linear'}),
    height,
    width,
  });
  const {spec, size, x, params} = problem;
  x[spec.inChannels * width + 1] = poison;
  const isFinite = (values: ArrayLike<number>): boolean[] => Array.from(values, (value) => Number.isFinite(value));
  const expected = isFinite(referenceBlock(spec, {...size, x}, params));
  expect(new Set(expected).size).toBe(2);
  await eachPlan(problem, (y) => {
    expect(isFinite(y)).toEqual(expected);
  });
}
