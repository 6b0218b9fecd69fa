/** The cost model's figures beside measured ones. */
import {modelledBlocks} from '../../bench/speed/modelled.ts';
import {DEFAULT_TRAITS, type DeviceTraits} from '../../ops/webgpu/planner/device.ts';
import {planBlock, type WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';
import {convNext, mobileNetV2} from '../../bench/speed/cases.ts';
import {type PlannedKind, plannedKinds} from '../../src/compare/plans.ts';

const PLACE = {backend: 'webgpu', device: null};
const SMALL = mobileNetV2(14, [64, 64]);
const LARGE = convNext(56, 96);

function plansOf({spec, size}: typeof SMALL, traits: DeviceTraits = DEFAULT_TRAITS): readonly WebGPUPlan[] {
  return planBlock({spec, size, precision: 'float32'}, traits) as readonly WebGPUPlan[];
}

const secondsOf = ({passes}: WebGPUPlan): number => passes.reduce((sum, {cost}) => sum + cost.seconds, 0);
const timesOf = ({passes}: WebGPUPlan): {program: string; ms: number}[] =>
  passes.map((_, i) => ({program: 'FusedResidualBlockProgram', ms: i + 1}));

describe('modelledBlocks', () => {
  it('has the passes of a block with the times of its dispatches', async () => {
    const [plan] = plansOf(LARGE);
    const kinds = await plannedKinds([LARGE], PLACE);
    const modelled = modelledBlocks(kinds, {traits: DEFAULT_TRAITS, timed: timesOf(plan!)})!;
    expect(modelled.passes.map(({cost}) => cost)).toEqual(plan!.passes.map(({cost}) => cost));
    expect(modelled.passes.map(({gpuMs}) => gpuMs)).toEqual(plan!.passes.map((_, i) => i + 1));
    expect(modelled.ms.fused).toBeCloseTo(1e3 * secondsOf(plan!));
    const workMs = modelled.passes.reduce((sum, pass) => sum + pass.workMs + modelled.dispatchMs, 0);
    expect(workMs).toBeCloseTo(modelled.ms.fused);
    expect(modelled.dispatches.stock).toBeGreaterThan(modelled.dispatches.fused);
    expect(modelled.ms.stock).toBeGreaterThan(modelled.ms.fused);
  });

  it('has no times where the fused side dispatched something else', async () => {
    const kinds = await plannedKinds([LARGE], PLACE);
    const timed = [...timesOf(plansOf(LARGE)[0]!), {program: 'AddProgram', ms: 1}];
    const {passes} = modelledBlocks(kinds, {traits: DEFAULT_TRAITS, timed})!;
    expect(passes.every(({gpuMs}) => gpuMs === null)).toBe(true);
  });

  it('is of the plan that the kernel runs, where the device has refused a faster one', async () => {
    const [kind] = await plannedKinds([SMALL], PLACE);
    const second = plansOf(SMALL)[1]!;
    const refused: PlannedKind = {...kind!, words: `${second.description}: (the device refused 1 better)`};
    const {passes} = modelledBlocks([refused], {traits: DEFAULT_TRAITS})!;
    expect(passes.map(({variant}) => variant)).toEqual(second.passes.map(({variant}) => variant));
  });

  it('counts every block of a network, and has the passes of each kind once', async () => {
    const kinds = await plannedKinds([SMALL, LARGE, SMALL, SMALL], PLACE);
    const [small, large] = [plansOf(SMALL)[0]!, plansOf(LARGE)[0]!];
    const modelled = modelledBlocks(kinds, {traits: DEFAULT_TRAITS})!;
    expect(modelled.dispatches.fused).toBe(3 * small.passes.length + large.passes.length);
    expect(modelled.ms.fused).toBeCloseTo(1e3 * (3 * secondsOf(small) + secondsOf(large)));
    expect(modelled.passes).toHaveLength(small.passes.length + large.passes.length);
  });

  it('is null where all blocks run on stock ops', async () => {
    const [kind] = await plannedKinds([SMALL], PLACE);
    expect(modelledBlocks([{...kind!, words: 'stock ops: no plan'}], {traits: DEFAULT_TRAITS})).toBeNull();
    expect(modelledBlocks([], {traits: DEFAULT_TRAITS})).toBeNull();
  });
});
