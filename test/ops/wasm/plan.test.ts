import {blockGeometry, blockSpec, type BlockSpec, describeBlock} from '../../../ops/block.ts';
import {planBlock, SCRATCH_BUDGET, type WasmPlan} from '../../../ops/wasm/plan.ts';
import {MODEL_BLOCKS, SMALL_BLOCKS} from '../../helpers/blockCases.ts';

const plan = (spec: BlockSpec, height: number, width: number): WasmPlan | string =>
  planBlock(spec, {batch: 1, height, width}, blockGeometry(spec, height, width));

describe('the wasm plan', () => {
  it('stays within the scratch budget at any height, width and number of channels', () => {
    const convNext = MODEL_BLOCKS[0]!.spec;
    const mbConv = MODEL_BLOCKS.at(-1)!.spec;
    for (const base of [convNext, mbConv])
      for (const channels of [8, 96, 1024, 8192, 16384])
        for (const size of [1, 7, 56, 513, 4096]) {
          const widths = {inChannels: channels, hiddenChannels: 4 * channels, outChannels: channels};
          const made = plan(blockSpec({...base, ...widths}), size, size);
          if (typeof made === 'string') throw new Error(`${channels} channels at ${size}: ${made}`);
          expect(made.scratchBytes).toBeLessThanOrEqual(SCRATCH_BUDGET);
        }
  });

  it('says why where not even one pixel fits', () => {
    const spec = blockSpec({...MODEL_BLOCKS[0]!.spec, inChannels: 400_000, hiddenChannels: 8, outChannels: 400_000});
    expect(plan(spec, 9, 9)).toMatch(/^the smallest tile of conv-first 400000→8→400000.* over the budget of 4194304$/);
  });

  it('keeps expanded rows where they fit, and expands anew where they do not', () => {
    const {spec} = MODEL_BLOCKS.at(-1)!;
    expect(plan(spec, 16, 16)).toMatchObject({keepRows: true});
    const wide = blockSpec({...spec, inChannels: 8192, hiddenChannels: 65536, outChannels: 8192, groupWidth: 8});
    expect(plan(wide, 16, 16)).toMatchObject({keepRows: false});
  });

  it('lays the buffers one behind the other, aligned', () => {
    for (const {spec, height, width} of [...SMALL_BLOCKS, ...MODEL_BLOCKS]) {
      const made = plan(spec, height, width);
      if (typeof made === 'string') throw new Error(`${describeBlock(spec)}: ${made}`);
      const offsets = Object.values(made.offsets);
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
      expect(offsets.every((offset) => offset % 64 === 0)).toBe(true);
      expect(made.scratchBytes).toBeGreaterThanOrEqual(offsets.at(-1)!);
    }
  });
});
