import {blockGeometry, describeBlock, isGlobal} from '../../../ops/block.ts';
import {planBlock, type WasmPlan} from '../../../ops/wasm/plan.ts';
import {scheduleOf, type Sweep} from '../../../ops/wasm/schedule.ts';
import type {PlannedBlock} from '../../../ops/wasm/tiles.ts';
import {convNext, mobileNetV2} from '../../../bench/speed/cases.ts';
import {MODEL_BLOCKS, PART_BLOCKS, SMALL_BLOCKS} from '../../helpers/blockCases.ts';

type Case = Pick<PlannedBlock, 'spec' | 'size'>;

function planned({spec, size}: Case): PlannedBlock {
  const geometry = blockGeometry(spec, size.height, size.width);
  return {spec, size, geometry, plan: planBlock(spec, size, geometry) as WasmPlan};
}

const batched = ({spec, size}: Case, batch: number): PlannedBlock => planned({spec, size: {...size, batch}});

describe('how a call is shared out', () => {
  const cases = [...SMALL_BLOCKS, ...PART_BLOCKS, ...MODEL_BLOCKS].map(({spec, height, width}) => ({
    name: `${describeBlock(spec)} at ${height}×${width}`,
    block: planned({spec, size: {batch: 2, height, width}}),
  }));

  test.each(cases)('$name: every step once, to no more threads than there are', ({block}) => {
    for (const threads of [1, 2, 3, 8, 64]) {
      const schedule = scheduleOf(block, threads, {minMacs: 1});
      const tasks = schedule.sweeps.map(({first, end, taskSteps}) => Math.ceil((end - first) / taskSteps));
      expect(schedule.threads).toBeLessThanOrEqual(Math.min(threads, Math.max(...tasks)));
      const [first, second] = schedule.sweeps as [Sweep, Sweep?];
      expect(first.first).toBe(0);
      expect(second?.first ?? first.end).toBe(first.end);
      expect(second !== undefined).toBe(isGlobal(block.spec));
      for (const {taskSteps} of schedule.sweeps) expect(taskSteps).toBeGreaterThanOrEqual(1);
      expect(schedule.share).toBeGreaterThanOrEqual(1 / threads);
      expect(schedule.share).toBeLessThanOrEqual(1);
      // Parts of a tile that come to several threads need all their sums kept.
      expect(schedule.sharedBytes > 0).toBe(schedule.sharedParts);
      const {plan, geometry} = block;
      const image = Math.ceil(geometry.outHeight / plan.tileHeight) * Math.ceil(geometry.outWidth / plan.tileWidth);
      if (plan.parts > 1 && !schedule.sharedParts && !isGlobal(block.spec))
        expect(first.taskSteps % (image * plan.parts)).toBe(0);
    }
  });

  it.each([
    [convNext(56, 96), 0.55],
    [convNext(28, 192), 0.55],
    [convNext(14, 384), 0.56],
    [convNext(7, 768), 0.56],
    [mobileNetV2(56, [24, 24]), 0.56],
    [mobileNetV2(56, [24, 32], 2), 0.56],
    [mobileNetV2(28, [32, 32]), 0.56],
    [mobileNetV2(14, [64, 64]), 0.56],
  ])('leaves little more than half of a block to each of two threads: $name', (block, share) => {
    for (const batch of [1, 8]) expect(scheduleOf(batched(block, batch), 2).share).toBeLessThanOrEqual(share);
  });

  it('leaves a small block to one', () => {
    const small = planned({...mobileNetV2(14, [64, 64]), size: {batch: 1, height: 2, width: 2}});
    expect(scheduleOf(small, 4)).toMatchObject({threads: 1, share: 1, sharedBytes: 0});
  });

  it('takes whole images where they go round', () => {
    const {sharedParts, sharedBytes} = scheduleOf(batched(convNext(7, 768), 8), 4);
    expect([sharedParts, sharedBytes]).toEqual([false, 0]);
    expect(scheduleOf(batched(convNext(7, 768), 1), 4).sharedParts).toBe(true);
  });
});
