/** The wasm kernels against the float64 loops: one body for Node and for browsers, at every SIMD level and kind of memory. */
import {type BlockSpec, blockGeometry, blockSpec, describeBlock} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {getOrMake} from '../../ops/getOrMake.ts';
import {runSteps} from '../../ops/wasm/call.ts';
import type {SimdLevel} from '../../ops/wasm/detect.ts';
import {instantiateKernels, type KernelExports} from '../../ops/wasm/module.ts';
import {SPATIAL_MICROKERNELS} from '../../ops/wasm/microkernels.ts';
import {planBlock, type PlanLimits, SCRATCH_BUDGET, type WasmPlan} from '../../ops/wasm/plan.ts';
import type {Schedule} from '../../ops/wasm/schedule.ts';
import {expectClose, expectSameBits} from '../helpers/closeness.ts';
import {GuardedMemory} from '../helpers/guardedMemory.ts';
import {placeCall} from '../helpers/placedCall.ts';
import {randomFloats} from '../helpers/random.ts';
import {
  type BlockCase,
  impulse,
  GLOBAL_BLOCKS,
  LAYERED_BLOCKS,
  MODEL_BLOCKS,
  PART_BLOCKS,
  randomParams,
  SMALL_BLOCKS,
  titleOf,
  toleranceOf,
} from '../helpers/blockCases.ts';

export interface KernelVariant {
  readonly level: SimdLevel;
  readonly shared: boolean;
  /** The kernels to test, where they are not the package's own. */
  readonly instantiate?: (memory: WebAssembly.Memory) => KernelExports;
}

interface InMemory {
  readonly guarded: GuardedMemory;
  readonly kernels: KernelExports;
}

/** One memory for all runs of a variant: engines are slow to let go of shared ones. */
const inMemory = new WeakMap<KernelVariant, InMemory>();

function instantiate({shared, level, instantiate: own}: KernelVariant): InMemory {
  const guarded = new GuardedMemory(shared);
  return {guarded, kernels: own?.(guarded.memory) ?? instantiateKernels(guarded.memory, level)};
}

/** Returns what the kernel makes of x; fails where it writes outside y and scratch, or reads what nobody wrote. */
function runBlock(
  variant: KernelVariant,
  spec: BlockSpec,
  input: ImageSize & {x: Float32Array; params: Float32Array; plan?: WasmPlan; threads?: number},
): Float32Array {
  const geometry = blockGeometry(spec, input.height, input.width);
  const plan = input.plan ?? planBlock(spec, input, geometry);
  if (typeof plan === 'string') throw new Error(plan);
  expect(plan.scratchBytes).toBeLessThanOrEqual(SCRATCH_BUDGET);
  const {guarded, kernels} = getOrMake(inMemory, variant, () => instantiate(variant));
  const {schedule, records, length, ...at} = placeCall(
    guarded,
    {spec, size: input, geometry, plan},
    // A plan of the caller's runs after the planned one: between the two, both inputs end with the memory once.
    {...input, threads: input.threads ?? 1, last: input.plan === undefined ? 'x' : 'params'},
  );
  if (records.length === 1) runSteps(kernels, schedule, records[0]!);
  else runScattered(kernels, schedule, records);
  guarded.checkGuards();
  expect(guarded.read(at.x, input.x.length)).toEqual(input.x);
  expect(guarded.read(at.params, input.params.length)).toEqual(input.params);
  return guarded.read(at.y, length);
}

/** Computes a call's tasks from the last to the first, each with another thread's record: no step may need one before. */
function runScattered(kernels: KernelExports, schedule: Schedule, records: readonly number[]): void {
  for (const [i, {first, end, taskSteps}] of schedule.sweeps.entries()) {
    for (let task = Math.ceil((end - first) / taskSteps) - 1; task >= 0; task--) {
      const record = records[task % records.length]!;
      const start = first + task * taskSteps;
      for (let step = start; step < Math.min(end, start + taskSteps); step++) {
        kernels.computeStep(record, step);
        kernels.storeStep(record);
      }
    }
    kernels.endSweep(records[0]!, i);
  }
}

/**
 * Runs a block on random data and compares it with the float64 loops; on a plan of the caller's also bit for bit with itself as
 * threads would share it. Returns the worst difference.
 */
function checkBlock(variant: KernelVariant, spec: BlockSpec, size: ImageSize, plan?: WasmPlan): number {
  const x = randomFloats(size.batch * size.height * size.width * spec.inChannels, {seed: 5});
  const params = randomParams(spec, 7);
  const input = {...size, x, params, ...(plan === undefined ? {} : {plan})};
  const y = runBlock(variant, spec, input);
  try {
    // Which level the micro-kernels are of says nothing of steps.
    if (plan !== undefined && variant.level === 'simd')
      expectSameBits(runBlock(variant, spec, {...input, threads: 3}), y);
    return expectClose(y, referenceBlock(spec, {...size, x}, params), toleranceOf(spec));
  } catch (error) {
    throw new Error(`${describeBlock(spec)} at ${size.batch}×${size.height}×${size.width}: ${String(error)}`);
  }
}

/** Limits that cut small images into many tiles and chunks, so that every seam is crossed. */
export const SMALL_LIMITS: readonly PlanLimits[] = [
  {tilePixels: 6, hiddenChunk: 8, hiddenValues: Infinity, channelChunk: 8, keepRows: [true], steps: 8, partChannels: 8},
  {tilePixels: 20, hiddenChunk: 16, hiddenValues: 200, channelChunk: 16, keepRows: [false], steps: 12, partChannels: 8},
];

/** Returns the plan under these limits, on rows kept or not. */
export function planUnder(limits: PlanLimits, {spec, height, width}: BlockCase): WasmPlan {
  const plan = planBlock(spec, {batch: 2, height, width}, blockGeometry(spec, height, width), limits);
  if (typeof plan === 'string') throw new Error(plan);
  return plan;
}

/** Checks a block on its planned tile and on small ones. */
export function checkTiles(variant: KernelVariant, block: BlockCase): void {
  checkBlock(variant, block.spec, {batch: 2, ...block});
  for (const limits of SMALL_LIMITS) checkBlock(variant, block.spec, {batch: 2, ...block}, planUnder(limits, block));
}

/** Of several pixels: in a smaller image everything is touched by anything. */
function isLargerThanAPixel({height, width}: BlockCase): boolean {
  return height * width > 1;
}

/** The sweep, as tests of the runner at hand; of the small blocks every so many. */
export function wasmKernelSuite(variant: KernelVariant, {every = 1}: {every?: number} = {}): void {
  const smallBlocks = [SMALL_BLOCKS, PART_BLOCKS].flatMap((blocks) => blocks.filter((_, i) => i % every === 0));

  describe(`wasm kernel, ${variant.level}, ${variant.shared ? 'shared' : 'plain'} memory`, () => {
    describe('the planned tile', () => {
      for (const block of [...smallBlocks, ...MODEL_BLOCKS])
        it(titleOf(block), () => {
          checkBlock(variant, block.spec, {batch: 2, ...block});
        });
    });

    describe('many small tiles and chunks', () => {
      for (const block of smallBlocks)
        it(titleOf(block), () => {
          for (const limits of SMALL_LIMITS)
            checkBlock(variant, block.spec, {batch: 2, ...block}, planUnder(limits, block));
        });
    });

    describe('every micro-kernel of the spatial conv, wherever it fits', () => {
      for (const kernel of SPATIAL_MICROKERNELS)
        it(kernel.name, () => {
          const blocks = LAYERED_BLOCKS.filter(({spec}) => kernel.fits(spec));
          expect(blocks.length).toBeGreaterThan(1);
          for (const block of blocks) {
            const plan = planUnder(SMALL_LIMITS[1]!, block);
            checkBlock(variant, block.spec, {batch: 2, ...block}, {...plan, spatialKernel: kernel.name});
          }
        });
    });

    it('gives an impulse back as the filter says', () => {
      for (const block of LAYERED_BLOCKS) {
        const {spec, height, width} = block;
        const size = {batch: 1, height, width};
        const x = impulse(block, 1);
        const params = randomParams(spec, 3);
        const y = runBlock(variant, spec, {...size, x, params});
        expectClose(y, referenceBlock(spec, {...size, x}, params), toleranceOf(spec));
      }
    });

    it('lets NaN and infinity reach only what the maths says', () => {
      for (const {spec: base, height, width} of [...LAYERED_BLOCKS, ...GLOBAL_BLOCKS.filter(isLargerThanAPixel)])
        for (const poison of [NaN, Infinity]) {
          // Without activations a value is either touched by the poison, and then not finite, or not touched at all.
          const spec = blockSpec({...base, hiddenActivation: 'linear', spatialActivation: 'linear'});
          const size = {batch: 2, height, width};
          const x = randomFloats(2 * height * width * spec.inChannels, {seed: 8});
          const params = randomParams(spec, 9);
          x[spec.inChannels * width + 1] = poison;
          const y = runBlock(variant, spec, {...size, x, params});
          const expected = referenceBlock(spec, {...size, x}, params);
          expect(expected.some((v) => Number.isFinite(v))).toBe(true);
          expect(expected.some((v) => !Number.isFinite(v))).toBe(true);
          const finite = (values: ArrayLike<number>): boolean[] => Array.from(values, (v) => Number.isFinite(v));
          expect(finite(y)).toEqual(finite(expected));
        }
    });

    it('carries NaN through every activation', () => {
      for (const {spec, height, width} of smallBlocks.filter(({spec: {padding}}) => padding === 'same')) {
        const size = {batch: 1, height, width};
        const x = new Float32Array(height * width * spec.inChannels).fill(NaN);
        const y = runBlock(variant, spec, {...size, x, params: randomParams(spec, 4)});
        expect(y.every((v) => Number.isNaN(v))).toBe(true);
      }
    });
  });
}
