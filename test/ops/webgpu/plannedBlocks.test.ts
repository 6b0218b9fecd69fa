/** The plans that are chosen for the blocks of the bench, and how many dispatches networks take. */
import {type BlockCase, CASES, type NetworkCase} from '../../../bench/speed/cases.ts';
import {PART_CASES} from '../../../bench/speed/partCases.ts';
import {CONVNEXT_TINY} from '../../../models/convNext.ts';
import {blockSpec, type BlockSpec} from '../../../ops/block.ts';
import type {ImageSize} from '../../../ops/cost.ts';
import {DEFAULT_TRAITS, type DeviceTraits} from '../../../ops/webgpu/planner/device.ts';
import {FAMILIES, type GPUFamily} from '../../../ops/webgpu/planner/families.ts';
import {planBlock, planBytes, type WebGPUPlan} from '../../../ops/webgpu/planner/plan.ts';
import {fuseModelArtifacts} from '../../../src/rewrite/fuse.ts';

const BLOCKS = CASES.filter((each): each is BlockCase => each.kind === 'block');

function bestOf(spec: BlockSpec, size: ImageSize, traits: DeviceTraits = DEFAULT_TRAITS): WebGPUPlan {
  const plans = planBlock({spec, size, precision: 'float32'}, traits);
  if (typeof plans === 'string') throw new Error(plans);
  return plans[0]!;
}

/** The best plan of a bench case, on a line: what it is, its bytes, its arithmetic, its invocations, its reason. */
function planLine({name, spec, size}: BlockCase, batch: number): string {
  const plan = bestOf(spec, {...size, batch});
  const invocations = plan.passes.map(({cost}) => cost.invocations).join(' + ');
  const mebibytes = (planBytes(plan) / 2 ** 20).toFixed(2);
  const millions = (plan.passes.reduce((total, {cost}) => total + cost.macs, 0) / 1e6).toFixed(1);
  return `${name}: ${plan.description}; ${mebibytes} MiB, ${millions} MMAC, ${invocations} invocations; ${plan.reason}`;
}

describe('the webgpu plan at default limits', () => {
  it('of each bench block at batch 1', () => {
    expect(BLOCKS.map((each) => planLine(each, 1))).toEqual([
      'convnext-56x56x96: three passes (4×4 tiles, then 64 pixels × 32 outputs, then 64 pixels × 32 outputs; 196 + 588 + 147 workgroups); 15.23 MiB, 246.0 MMAC, 18816 + 37632 + 9408 invocations; computes 246 MMAC where two passes compute 284',
      'convnext-28x28x192: three passes (2×4 tiles, then 32 pixels × 64 outputs, then 32 pixels × 32 outputs; 98 + 300 + 150 workgroups); 8.63 MiB, 243.3 MMAC, 9408 + 19200 + 9600 invocations; computes 243 MMAC where two passes compute 393, its workgroups read and write 62.6 MiB, those of two passes 73 MiB',
      'convnext-14x14x384: three passes (2×4 tiles, then 52 pixels × 64 outputs, then 52 pixels × 32 outputs; 28 + 96 + 48 workgroups); 8.31 MiB, 249.6 MMAC, 5376 + 9984 + 4992 invocations; nothing else fits the device',
      'convnext-7x7x768: three passes (1×4 tiles, then 52 pixels × 32 outputs, then 52 pixels × 16 outputs; 14 + 96 + 48 workgroups); 20.03 MiB, 247.5 MMAC, 2688 + 9984 + 4992 invocations; nothing else fits the device',
      'convfirst-64x64x64: two passes (4×4 tiles, then 64 pixels × 32 hidden channels; 256 + 64 workgroups); 5.21 MiB, 220.2 MMAC, 8192 + 8192 invocations; moves 5.21 MiB where three passes move 17.2 MiB, saves a dispatch over three passes',
      'mbconv-16x16x256: two passes (32 pixels × 64 outputs, then 4×4 tiles × 64 hidden channels; 128 + 16 workgroups); 5.04 MiB, 153.1 MMAC, 16384 + 2048 invocations; saves a dispatch over three passes, its workgroups read and write 36.3 MiB, those of three passes 50.5 MiB',
      'mobilenetv2-56x56x24: two passes (64 pixels × 48 outputs, then 7×8 tiles × 32 hidden channels; 147 + 56 workgroups); 4.34 MiB, 31.4 MMAC, 14112 + 6272 invocations; computes 31.4 MMAC where one pass computes 61.9, its workgroups read and write 7.7 MiB, those of one pass 8.23 MiB',
      'mobilenetv2-56x56x24-stride2: two passes (64 pixels × 48 outputs, then 4×16 tiles × 32 hidden channels; 147 + 14 workgroups); 3.87 MiB, 16.7 MMAC, 14112 + 1792 invocations; computes 16.7 MMAC where one pass computes 26.3, its workgroups read and write 5.97 MiB, those of one pass 7.01 MiB',
      'mobilenetv2-28x28x32: two passes (64 pixels × 32 outputs, then 4×16 tiles × 32 hidden channels; 78 + 14 workgroups); 1.49 MiB, 12.2 MMAC, 4992 + 1792 invocations; saves a dispatch over three passes, moves 1.49 MiB where three passes move 2.64 MiB',
      'mobilenetv2-14x14x64: two passes (16 pixels × 64 outputs, then 2×8 tiles × 64 hidden channels; 78 + 14 workgroups); 0.92 MiB, 11.4 MMAC, 2496 + 1792 invocations; saves a dispatch over three passes, moves 0.922 MiB where three passes move 1.5 MiB',
    ]);
  });

  it('of each bench block with rare parts', () => {
    expect(PART_CASES.map((each) => planLine(each, 1))).toEqual([
      'efficientnet-28x28x40: three passes (64 pixels × 16 outputs, then 4×4 tiles, then 32 pixels × 40 outputs; 195 + 49 + 25 workgroups); 3.44 MiB, 20.5 MMAC, 6240 + 3136 + 2000 invocations; saves a dispatch over four passes, computes 20.5 MMAC where four passes compute 22.9',
      'efficientnet-14x14x112: three passes (28 pixels × 64 outputs, then 2×4 tiles, then 52 pixels × 56 outputs; 77 + 28 + 8 workgroups); 3.20 MiB, 35.2 MMAC, 4312 + 2688 + 1456 invocations; saves a dispatch over four passes, its workgroups read and write 13.6 MiB, those of four passes 14.8 MiB',
      'convnextv2-56x56x40: three passes (4×8 tiles, then 64 pixels × 32 outputs, then 32 pixels × 40 outputs; 98 + 245 + 98 workgroups); 6.34 MiB, 46.3 MMAC, 5488 + 15680 + 15680 invocations; saves a dispatch over four passes',
      'convnextv2-28x28x80: three passes (4×4 tiles, then 64 pixels × 32 outputs, then 64 pixels × 16 outputs; 49 + 130 + 65 workgroups); 3.36 MiB, 45.7 MMAC, 2744 + 8320 + 2080 invocations; saves a dispatch over four passes',
      'convnextv2-14x14x160: three passes (2×2 tiles, then 52 pixels × 32 outputs, then 52 pixels × 32 outputs; 49 + 80 + 20 workgroups); 2.39 MiB, 44.1 MMAC, 4704 + 4160 + 2080 invocations; saves a dispatch over four passes',
      'convnextv2-7x7x320: three passes (1×2 tiles, then 52 pixels × 32 outputs, then 52 pixels × 16 outputs; 28 + 40 + 20 workgroups); 3.98 MiB, 43.5 MMAC, 2688 + 2080 + 2080 invocations; saves a dispatch over four passes',
      'blazeface-64x64x24: one pass (7×8 tiles × 24 channels; 80 workgroups); 0.75 MiB, 6.1 MMAC, 8960 invocations; saves a dispatch over two passes, moves 0.755 MiB where two passes move 1.88 MiB',
      'mobilenetv1-56x56x128: one pass (4×8 tiles × 64 channels; 98 workgroups); 3.13 MiB, 55.0 MMAC, 12544 invocations; saves a dispatch over two passes, moves 3.13 MiB where two passes move 6.19 MiB',
    ]);
  });

  it('of each bench block at batch 8', () => {
    expect(BLOCKS.map((each) => planLine(each, 8))).toEqual([
      'convnext-56x56x96: three passes (4×4 tiles, then 64 pixels × 32 outputs, then 64 pixels × 32 outputs; 1568 + 4704 + 1176 workgroups); 119.74 MiB, 1967.7 MMAC, 150528 + 301056 + 75264 invocations; takes 2510 µs by the cost model, two passes 3160 µs',
      'convnext-28x28x192: three passes (2×4 tiles, then 64 pixels × 32 outputs, then 64 pixels × 32 outputs; 784 + 2352 + 588 workgroups); 60.88 MiB, 1908.7 MMAC, 75264 + 150528 + 37632 invocations; computes 1910 MMAC where two passes compute 3140, its workgroups read and write 437 MiB, those of two passes 584 MiB',
      'convnext-14x14x384: three passes (2×4 tiles, then 32 pixels × 64 outputs, then 32 pixels × 64 outputs; 224 + 1176 + 294 workgroups); 34.44 MiB, 1883.4 MMAC, 43008 + 75264 + 18816 invocations; nothing else fits the device',
      'convnext-7x7x768: three passes (1×4 tiles, then 56 pixels × 64 outputs, then 56 pixels × 32 outputs; 112 + 336 + 168 workgroups); 33.09 MiB, 1866.5 MMAC, 14336 + 37632 + 18816 invocations; nothing else fits the device',
      'convfirst-64x64x64: two passes (2×4 tiles, then 64 pixels × 32 hidden channels; 4096 + 512 workgroups); 40.21 MiB, 1761.6 MMAC, 131072 + 65536 invocations; moves 40.2 MiB where three passes move 136 MiB, its workgroups read and write 312 MiB, those of three passes 600 MiB',
      'mbconv-16x16x256: three passes (64 pixels × 32 outputs, then 2×4 tiles, then 32 pixels × 64 outputs; 1024 + 256 + 256 workgroups); 40.29 MiB, 1224.7 MMAC, 65536 + 8192 + 16384 invocations; takes 1540 µs by the cost model, two passes 1560 µs',
      'mobilenetv2-56x56x24: two passes (8 pixels × 32 outputs, then 4×8 tiles × 16 hidden channels; 15680 + 784 workgroups); 34.49 MiB, 244.5 MMAC, 250880 + 25088 invocations; computes 244 MMAC where one pass computes 495',
      'mobilenetv2-56x56x24-stride2: two passes (8 pixels × 32 outputs, then 1×7 tiles × 16 hidden channels; 15680 + 896 workgroups); 30.66 MiB, 220.1 MMAC, 250880 + 50176 invocations; takes 573 µs by the cost model, one pass 582 µs',
      'mobilenetv2-28x28x32: two passes (64 pixels × 32 outputs, then 4×16 tiles × 16 hidden channels; 588 + 112 workgroups); 11.54 MiB, 95.0 MMAC, 37632 + 7168 invocations; moves 11.5 MiB where three passes move 20.7 MiB, its workgroups read and write 25.5 MiB, those of three passes 72.7 MiB',
      'mobilenetv2-14x14x64: two passes (64 pixels × 64 outputs, then 8×8 tiles × 32 hidden channels; 150 + 32 workgroups); 5.95 MiB, 96.7 MMAC, 19200 + 4096 invocations; moves 5.95 MiB where three passes move 10.5 MiB, saves a dispatch over three passes',
    ]);
  });

  it('of each bench block at batch 32', () => {
    expect(BLOCKS.map((each) => planLine(each, 32))).toEqual([
      'convnext-56x56x96: two passes (4×4 tiles, then 32 pixels × 64 hidden channels; 6272 + 3136 workgroups); 184.05 MiB, 9103.9 MMAC, 602112 + 401408 invocations; takes 12100 µs by the cost model, one pass 50500 µs',
      'convnext-28x28x192: three passes (2×4 tiles, then 64 pixels × 64 outputs, then 32 pixels × 64 outputs; 3136 + 4704 + 2352 workgroups); 240.04 MiB, 7634.8 MMAC, 301056 + 602112 + 150528 invocations; computes 7630 MMAC where two passes compute 12600, its workgroups read and write 1530 MiB, those of two passes 2340 MiB',
      'convnext-14x14x384: three passes (2×4 tiles, then 64 pixels × 32 outputs, then 32 pixels × 64 outputs; 896 + 4704 + 1176 workgroups); 124.02 MiB, 7533.6 MMAC, 172032 + 301056 + 75264 invocations; nothing else fits the device',
      'convnext-7x7x768: three passes (1×4 tiles, then 32 pixels × 64 outputs, then 32 pixels × 64 outputs; 448 + 2352 + 588 workgroups); 77.88 MiB, 7466.2 MMAC, 57344 + 150528 + 37632 invocations; nothing else fits the device',
      'convfirst-64x64x64: two passes (2×4 tiles, then 64 pixels × 32 hidden channels; 16384 + 2048 workgroups); 160.21 MiB, 7046.4 MMAC, 524288 + 262144 invocations; takes 8640 µs by the cost model, one pass 15700 µs',
      'mbconv-16x16x256: three passes (64 pixels × 32 outputs, then 2×4 tiles, then 64 pixels × 32 outputs; 4096 + 1024 + 1024 workgroups); 154.29 MiB, 4898.9 MMAC, 262144 + 32768 + 65536 invocations; takes 5660 µs by the cost model, two passes 5670 µs',
      'mobilenetv2-56x56x24: two passes (8 pixels × 32 outputs, then 4×8 tiles × 16 hidden channels; 62720 + 3136 workgroups); 137.85 MiB, 977.8 MMAC, 1003520 + 100352 invocations; computes 978 MMAC where one pass computes 1980',
      'mobilenetv2-56x56x24-stride2: two passes (8 pixels × 32 outputs, then 1×7 tiles × 16 hidden channels; 62720 + 3584 workgroups); 122.54 MiB, 880.3 MMAC, 1003520 + 200704 invocations; takes 1990 µs by the cost model, one pass 2060 µs',
      'mobilenetv2-28x28x32: two passes (8 pixels × 32 outputs, then 4×8 tiles × 16 hidden channels; 18816 + 896 workgroups); 45.99 MiB, 379.8 MMAC, 602112 + 28672 invocations; its workgroups read and write 184 MiB, those of three passes 438 MiB, moves 46 MiB where three passes move 82.7 MiB',
      'mobilenetv2-14x14x64: two passes (32 pixels × 64 outputs, then 8×8 tiles × 32 hidden channels; 1176 + 128 workgroups); 23.17 MiB, 383.8 MMAC, 75264 + 16384 invocations; its workgroups read and write 73.2 MiB, those of three passes 201 MiB, moves 23.2 MiB where three passes move 41.5 MiB',
    ]);
  });

  it.each(Object.keys(FAMILIES) as GPUFamily[])('takes ConvNeXt-T in at most 60 dispatches (%s)', (family) => {
    const traits = {...DEFAULT_TRAITS, workgroupBytes: 32 * 1024, family};
    const dispatches = [56, 28, 14, 7].reduce((total, side, stage) => {
      const found = BLOCKS.find(({name}) => name === `convnext-${side}x${side}x${CONVNEXT_TINY.widths[stage]}`)!;
      return total + CONVNEXT_TINY.depths[stage]! * bestOf(found.spec, found.size, traits).passes.length;
    }, 0);
    expect(dispatches).toBeLessThanOrEqual(60);
  });

  it.each([
    ['mobilenet-v2', {blocks: 17, dispatches: 34, megabytes: 41}],
    ['efficientnet-b0', {blocks: 16, dispatches: 47, megabytes: 68}],
    ['convfirst', {blocks: 12, dispatches: 32, megabytes: 58}],
  ])('takes all blocks of %s in as many dispatches', async (name, expected) => {
    const network = CASES.find((each): each is NetworkCase => each.kind === 'network' && each.name === name)!;
    const {report} = await fuseModelArtifacts(network.artifacts());
    const plans = report.blocks.map(({spec, size}) => bestOf(blockSpec(spec), size!));
    expect({
      blocks: plans.length,
      dispatches: plans.reduce((total, {passes}) => total + passes.length, 0),
      megabytes: Math.round(plans.reduce((total, plan) => total + planBytes(plan), 0) / 1e6),
    }).toEqual(expected);
  });
});
