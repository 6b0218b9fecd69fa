import {type BlockCase, CASES, type NetworkCase} from '../../../bench/speed/cases.ts';
import {CONVNEXT_TINY} from '../../../models/convNext.ts';
import {blockGeometry, blockSpec, type BlockSpec, describeBlock} from '../../../ops/block.ts';
import {blockCost, type ImageSize} from '../../../ops/cost.ts';
import {FLOAT_BYTES, PANEL, paramsLayout, type Precision, roundUp} from '../../../ops/params.ts';
import {DEFAULT_TRAITS, type DeviceTraits} from '../../../ops/webgpu/planner/device.ts';
import {FAMILIES, type GPUFamily} from '../../../ops/webgpu/planner/families.ts';
import type {Pass, PassCost} from '../../../ops/webgpu/planner/pass.ts';
import {planBlock, planBytes, type WebGPUPlan} from '../../../ops/webgpu/planner/plan.ts';
import {
  type GemmTile,
  haloPixels,
  invocationsOf,
  LANE,
  type PixelTile,
  QUAD,
  rowsOf,
  threadTile,
  threadsOf,
  type Variant,
} from '../../../ops/webgpu/planner/variant.ts';
import {workgroupBytes} from '../../../ops/webgpu/wgsl/shaders.ts';
import {fuseModelArtifacts} from '../../../src/rewrite/fuse.ts';
import {CONV_FIRST, LAYERED_BLOCKS, MODEL_BLOCKS, SMALL_BLOCKS} from '../../helpers/blockCases.ts';

interface Options {
  readonly traits?: DeviceTraits;
  readonly precision?: Precision;
}

const refusalOrPlans = (
  spec: BlockSpec,
  size: ImageSize,
  {traits = DEFAULT_TRAITS, precision = 'float32'}: Options = {},
) => planBlock({spec, size, precision}, traits);

function plansOf(spec: BlockSpec, size: ImageSize, options?: Options): readonly WebGPUPlan[] {
  const plans = refusalOrPlans(spec, size, options);
  if (typeof plans === 'string') throw new Error(plans);
  return plans;
}

const bestOf = (spec: BlockSpec, size: ImageSize): WebGPUPlan => plansOf(spec, size)[0]!;

const sum = ({passes}: WebGPUPlan, count: keyof PassCost): number =>
  passes.reduce((total, {cost}) => total + cost[count], 0);

/** What desktops have: tfjs asks for it. */
const LARGER_TRAITS: DeviceTraits = {
  family: 'other',
  workgroupBytes: 48 * 1024,
  invocations: 1024,
  workgroupsPerDimension: 65535,
  bindingBytes: 2 ** 31,
};

const INTEL_TRAITS: DeviceTraits = {...DEFAULT_TRAITS, family: 'intel'};

const BLOCKS = CASES.filter((each): each is BlockCase => each.kind === 'block');
const SWEEP = [...SMALL_BLOCKS, ...LAYERED_BLOCKS, ...MODEL_BLOCKS].map(({spec, height, width}, i) => ({
  spec,
  size: {batch: 1 + (i % 3), height, width},
}));

/** The best plan of a bench case, on a line: what it is, its bytes, its arithmetic, its invocations, its reason. */
function planLine({name, spec, size}: BlockCase, batch: number): string {
  const plan = bestOf(spec, {...size, batch});
  const invocations = plan.passes.map(({cost}) => cost.invocations).join(' + ');
  const mebibytes = (planBytes(plan) / 2 ** 20).toFixed(2);
  const millions = (sum(plan, 'macs') / 1e6).toFixed(1);
  return `${name}: ${plan.description}; ${mebibytes} MiB, ${millions} MMAC, ${invocations} invocations; ${plan.reason}`;
}

describe('the webgpu plan at default limits', () => {
  it('of each bench block at batch 1', () => {
    expect(BLOCKS.map((each) => planLine(each, 1))).toEqual([
      'convnext-56x56x96: one pass (4×4 tiles × 32 hidden channels; 196 workgroups); 2.60 MiB, 246.0 MMAC, 6272 invocations; saves a dispatch over two passes, moves 2.6 MiB where two passes move 6.04 MiB',
      'convnext-28x28x192: two passes (2×7 tiles, then 16 pixels × 64 hidden channels; 56 + 49 workgroups); 4.04 MiB, 238.6 MMAC, 14336 + 3136 invocations; saves a dispatch over three passes, moves 4.04 MiB where three passes move 8.63 MiB',
      'convnext-14x14x384: three passes (2×4 tiles, then 32 pixels × 64 outputs, then 32 pixels × 64 outputs; 28 + 168 + 42 workgroups); 8.31 MiB, 268.5 MMAC, 7168 + 5376 + 1344 invocations; its workgroups read and write 54.8 MiB, those of two passes 126 MiB',
      'convnext-7x7x768: three passes (1×4 tiles, then 32 pixels × 64 outputs, then 16 pixels × 32 outputs; 14 + 96 + 96 workgroups); 20.03 MiB, 304.1 MMAC, 3584 + 3072 + 3072 invocations; nothing else fits the device',
      'convfirst-64x64x64: one pass (4×8 tiles × 16 hidden channels; 128 workgroups); 2.21 MiB, 220.2 MMAC, 4096 invocations; saves a dispatch over two passes, moves 2.21 MiB where two passes move 5.21 MiB',
      'mbconv-16x16x256: two passes (32 pixels × 64 outputs, then 2×4 tiles × 64 hidden channels; 128 + 32 workgroups); 5.04 MiB, 153.1 MMAC, 4096 + 1024 invocations; saves a dispatch over three passes, moves 5.04 MiB where three passes move 7.04 MiB',
      'mobilenetv2-56x56x24: one pass (8×8 tiles × 16 hidden channels; 49 workgroups); 0.61 MiB, 33.9 MMAC, 3136 invocations; saves a dispatch over two passes, moves 0.607 MiB where two passes move 4.34 MiB',
      'mobilenetv2-56x56x24-stride2: one pass (4×4 tiles × 16 hidden channels; 49 workgroups); 0.42 MiB, 19.5 MMAC, 1568 invocations; saves a dispatch over two passes, moves 0.42 MiB where two passes move 3.87 MiB',
      'mobilenetv2-28x28x32: one pass (4×4 tiles × 16 hidden channels; 49 workgroups); 0.25 MiB, 18.2 MMAC, 1568 invocations; saves a dispatch over two passes, moves 0.246 MiB where two passes move 1.49 MiB',
      'mobilenetv2-14x14x64: one pass (2×2 tiles × 64 hidden channels; 49 workgroups); 0.30 MiB, 24.8 MMAC, 1568 invocations; saves a dispatch over two passes, keeps 49 workgroups busy where two passes have 14',
    ]);
  });

  it('of each bench block at batch 32', () => {
    expect(BLOCKS.map((each) => planLine(each, 32))).toEqual([
      'convnext-56x56x96: two passes (4×8 tiles, then 64 pixels × 32 hidden channels; 3136 + 1568 workgroups); 184.05 MiB, 7870.8 MMAC, 401408 + 200704 invocations; its workgroups read and write 1210 MiB, those of one pass 2180 MiB',
      'convnext-28x28x192: three passes (2×7 tiles, then 64 pixels × 64 outputs, then 64 pixels × 64 outputs; 1792 + 4704 + 1176 workgroups); 240.04 MiB, 7634.8 MMAC, 229376 + 301056 + 75264 invocations; takes 4560 µs by the cost model, two passes 5430 µs',
      'convnext-14x14x384: three passes (2×4 tiles, then 64 pixels × 64 outputs, then 64 pixels × 64 outputs; 896 + 2352 + 588 workgroups); 124.02 MiB, 7533.6 MMAC, 229376 + 150528 + 37632 invocations; its workgroups read and write 1120 MiB, those of two passes 3950 MiB',
      'convnext-7x7x768: three passes (1×4 tiles, then 64 pixels × 64 outputs, then 64 pixels × 64 outputs; 448 + 1200 + 300 workgroups); 77.88 MiB, 7617.2 MMAC, 114688 + 76800 + 19200 invocations; nothing else fits the device',
      'convfirst-64x64x64: two passes (8×8 tiles, then 64 pixels × 32 hidden channels; 2048 + 2048 workgroups); 160.21 MiB, 7046.4 MMAC, 524288 + 262144 invocations; takes 4850 µs by the cost model, one pass 5220 µs',
      'mbconv-16x16x256: three passes (64 pixels × 64 outputs, then 4×8 tiles, then 64 pixels × 64 outputs; 2048 + 256 + 512 workgroups); 154.29 MiB, 4898.9 MMAC, 131072 + 65536 + 32768 invocations; its workgroups read and write 724 MiB, those of two passes 1030 MiB',
      'mobilenetv2-56x56x24: two passes (64 pixels × 16 outputs, then 8×8 tiles × 32 hidden channels; 14112 + 1568 workgroups); 137.85 MiB, 876.7 MMAC, 451584 + 100352 invocations; computes 877 MMAC where one pass computes 1080',
      'mobilenetv2-56x56x24-stride2: one pass (4×4 tiles × 16 hidden channels; 1568 workgroups); 12.29 MiB, 625.0 MMAC, 50176 invocations; moves 12.3 MiB where two passes move 123 MiB, its workgroups read and write 164 MiB, those of two passes 333 MiB',
      'mobilenetv2-28x28x32: two passes (32 pixels × 64 outputs, then 4×16 tiles × 32 hidden channels; 2352 + 448 workgroups); 45.99 MiB, 379.8 MMAC, 75264 + 28672 invocations; moves 46 MiB where three passes move 82.7 MiB, its workgroups read and write 102 MiB, those of three passes 220 MiB',
      'mobilenetv2-14x14x64: two passes (64 pixels × 64 outputs, then 2×8 tiles × 64 hidden channels; 588 + 448 workgroups); 23.17 MiB, 355.1 MMAC, 37632 + 14336 invocations; moves 23.2 MiB where three passes move 41.5 MiB, saves a dispatch over three passes',
    ]);
  });

  it.each(Object.keys(FAMILIES) as GPUFamily[])('takes ConvNeXt-T in at most 60 dispatches (%s)', (family) => {
    const traits = {...DEFAULT_TRAITS, workgroupBytes: 32 * 1024, family};
    const dispatches = [56, 28, 14, 7].reduce((total, side, stage) => {
      const found = BLOCKS.find(({name}) => name === `convnext-${side}x${side}x${CONVNEXT_TINY.widths[stage]}`)!;
      return total + CONVNEXT_TINY.depths[stage]! * plansOf(found.spec, found.size, {traits})[0]!.passes.length;
    }, 0);
    expect(dispatches).toBeLessThanOrEqual(60);
  });

  it.each([
    ['mobilenet-v2', {blocks: 16, dispatches: 19, megabytes: 12}],
    ['convfirst', {blocks: 12, dispatches: 16, megabytes: 35}],
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

describe('the webgpu plans', () => {
  it('come in one, two and three passes where the device holds them, the fastest first', () => {
    for (const {spec, size} of SWEEP) {
      const plans = plansOf(spec, size, {traits: LARGER_TRAITS});
      expect(plans.map(({passes}) => passes.length).sort()).toEqual([1, 2, 3]);
      const seconds = plans.map((plan) => sum(plan, 'seconds'));
      expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    }
  });

  it.each([
    ['default', DEFAULT_TRAITS],
    ['larger', LARGER_TRAITS],
    ['Intel', INTEL_TRAITS],
    [
      'narrow',
      {
        ...{family: 'other', workgroupBytes: 8 * 1024, invocations: 64},
        ...{workgroupsPerDimension: 16, bindingBytes: 2 ** 20},
      },
    ],
  ] as const satisfies [string, DeviceTraits][])('keep to %s limits', (_name, traits) => {
    for (const [i, {spec, size}] of SWEEP.entries())
      for (const plan of plansOf(spec, size, {traits, precision: i % 2 === 0 ? 'float32' : 'float16'}))
        expect(faultsOf(plan, spec, size, traits)).toEqual([]);
  });

  it('hold no more sums on Intel than its registers do, and there is one for every block of the bench', () => {
    for (const {spec, size} of BLOCKS)
      for (const {passes} of plansOf(spec, size, {traits: INTEL_TRAITS}))
        for (const {variant} of passes)
          for (const tile of tilesOf(variant)) {
            const {quads, lanes} = threadTile(tile);
            expect(QUAD * quads * lanes).toBeLessThanOrEqual(FAMILIES.intel.sums);
          }
  });

  it('are the same for the same block', () => {
    for (const {spec, size} of BLOCKS)
      expect(JSON.stringify(plansOf(spec, size))).toBe(JSON.stringify(plansOf(blockSpec({...spec}), {...size})));
  });

  it('take no longer on a device with more', () => {
    for (const {spec, size} of BLOCKS)
      expect(sum(plansOf(spec, size, {traits: LARGER_TRAITS})[0]!, 'seconds')).toBeLessThanOrEqual(
        sum(bestOf(spec, size), 'seconds'),
      );
  });

  it('count the bytes that the layers must move, and no less arithmetic than there is', () => {
    for (const {spec, size} of BLOCKS)
      for (const plan of plansOf(spec, size)) {
        const {fusedBytes, layeredBytes, macs} = blockCost(spec, size);
        if (plan.passes.length === 1) expect(planBytes(plan)).toBe(fusedBytes);
        if (plan.passes.length === 3) expect(planBytes(plan)).toBe(layeredBytes);
        expect(sum(plan, 'macs')).toBeGreaterThanOrEqual(macs.total);
        expect(sum(plan, 'cacheBytes')).toBeGreaterThanOrEqual(planBytes(plan) / 2);
      }
  });

  it('count the halo that one pass of expand-first computes again', () => {
    const {spec, size} = BLOCKS.find(({name}) => name === 'mobilenetv2-56x56x24')!;
    const [once] = plansOf(spec, size).filter(({passes}) => passes.length === 1);
    const {variant} = once!.passes[0]!;
    if (variant.kernel !== 'expand-first') throw new Error(variant.kernel);
    const {height, width} = variant.spatial.tile;
    const again = ((height + 2) * (width + 2)) / (height * width);
    expect(sum(once!, 'macs')).toBeGreaterThanOrEqual(blockCost(spec, size).macs.expand * again);
  });

  it('hold params in half the bytes in float16', () => {
    const {spec, size} = BLOCKS[0]!;
    const bytes = (precision: Precision): number =>
      planBytes(plansOf(spec, size, {precision}).find(({passes}) => passes.length === 1)!);
    expect(bytes('float32') - bytes('float16')).toBe(paramsLayout(spec).length * 2);
  });

  it('say what they are, and what they have over the next', () => {
    const {spec, size} = BLOCKS[1]!;
    const plans = plansOf(spec, size);
    expect(plans.map(({description}) => description)).toEqual([
      'two passes (2×7 tiles, then 16 pixels × 64 hidden channels; 56 + 49 workgroups)',
      'three passes (2×7 tiles, then 32 pixels × 64 outputs, then 32 pixels × 64 outputs; 56 + 300 + 75 workgroups)',
      'one pass (2×4 tiles × 64 hidden channels; 98 workgroups)',
    ]);
    expect(plans.map(({reason}) => reason)).toEqual([
      'saves a dispatch over three passes, moves 4.04 MiB where three passes move 8.63 MiB',
      'its workgroups read and write 52.6 MiB, those of one pass 121 MiB',
      'the last that fits the device',
    ]);
  });
});

describe('the webgpu plan of an extreme', () => {
  const wide = (channels: number, hidden: number): BlockSpec =>
    blockSpec({
      ...CONV_FIRST,
      groupWidth: 1,
      inChannels: channels,
      hiddenChannels: hidden,
      outChannels: channels,
      layerNormEpsilon: 1e-6,
    });
  const mbConv = (channels: number, hidden: number): BlockSpec =>
    blockSpec({...wide(channels, hidden), order: 'expand-first', layerNormEpsilon: null});

  it.each([
    ['one pixel', wide(96, 384), {batch: 1, height: 1, width: 1}],
    ['a row of pixels', mbConv(24, 144), {batch: 1, height: 1, width: 997}],
    ['one channel', wide(1, 1), {batch: 1, height: 9, width: 9}],
    ['one channel, expanded', mbConv(1, 1), {batch: 1, height: 9, width: 9}],
    ['1280 channels', wide(1280, 5120), {batch: 1, height: 7, width: 7}],
    ['1280 channels, expanded', mbConv(1280, 5120), {batch: 1, height: 7, width: 7}],
    ['6144 hidden channels', wide(1536, 6144), {batch: 1, height: 7, width: 7}],
    ['64 images', wide(96, 384), {batch: 64, height: 14, width: 14}],
    ['an image of 2048×2048', wide(3, 12), {batch: 1, height: 2048, width: 2048}],
    ['an image of 2048×2048, expanded', mbConv(3, 4), {batch: 1, height: 2048, width: 2048}],
    ['a kernel of 31×31', blockSpec({...wide(16, 64), kernelSize: [31, 31]}), {batch: 1, height: 40, width: 40}],
    ['groups of 320', blockSpec({...mbConv(64, 320), groupWidth: 320}), {batch: 1, height: 8, width: 8}],
  ])('%s', (_name, spec, size) => {
    for (const plan of plansOf(spec, size)) expect(faultsOf(plan, spec, size, DEFAULT_TRAITS)).toEqual([]);
  });

  it('folds what a dimension does not hold into the next', () => {
    const pointwise = plansOf(wide(3, 12), {batch: 2, height: 2048, width: 2048}).flatMap(({passes}) => passes);
    expect(Math.max(...pointwise.map(({dispatch}) => dispatch[1]))).toBeGreaterThan(1);
  });

  it('says which tensor is too large, and whether a smaller plan is left', () => {
    const spec = wide(96, 384);
    const size = {batch: 1, height: 2048, width: 2048};
    const binding = 'takes 1610612736 bytes, and a binding holds 134217728';
    expect(refusalOrPlans(spec, size)).toContain(
      `no plan of ${describeBlock(spec)} fits the device: x ${binding}; spatial ${binding}; hidden takes`,
    );
    const lengths = plansOf(spec, {...size, height: 256, width: 1024}).map(({passes}) => passes.length);
    expect(lengths.sort()).toEqual([1, 2]);
  });

  it('says where no tile fits workgroup memory', () => {
    const spec = wide(8192, 8);
    expect(refusalOrPlans(spec, {batch: 1, height: 4, width: 4})).toMatch(
      /^no plan of conv-first 8192→8→8192.* fits the device: no tile from x to y fits; no tile from x to spatial fits/,
    );
  });
});

/** Returns what a plan breaks of the device's limits and of its own shaders' terms. */
function faultsOf({passes}: WebGPUPlan, spec: BlockSpec, size: ImageSize, traits: DeviceTraits): string[] {
  const {outHeight, outWidth} = blockGeometry(spec, size.height, size.width);
  const last = passes.at(-1)!;
  const earlier = (i: number): string[] => ['x', ...passes.slice(0, i).map(({output}) => output)];
  return broken({
    'every pass reads what is there': passes.every(({inputs}, i) => inputs.every((name) => earlier(i).includes(name))),
    'the last pass writes y': last.output === 'y',
    'y has its shape': String(last.outputShape) === String([size.batch, outHeight, outWidth, spec.outChannels]),
  }).concat(passes.flatMap((pass) => [...passFaults(pass, traits), ...tileFaults(pass.variant)]));
}

function passFaults({variant, uniforms, outputShape, dispatch, cost}: Pass, traits: DeviceTraits): string[] {
  const {height, width} = tileOf(variant);
  const columns = variant.kernel === 'pointwise' ? variant.tile.columns * dispatch[2] : Infinity;
  return broken({
    'workgroup memory fits': workgroupBytes(variant) <= traits.workgroupBytes,
    'workgroup memory is counted': cost.workgroupBytes === workgroupBytes(variant),
    'invocations fit': invocationsOf(variant) <= traits.invocations,
    'each dimension fits': Math.max(...dispatch) <= traits.workgroupsPerDimension,
    'the dispatch has all tiles': dispatch[0] * dispatch[1] >= uniforms.tiles,
    'workgroups are counted': cost.workgroups === uniforms.tiles * dispatch[2],
    'tiles cover the height': uniforms.tilesDown * height >= uniforms.outHeight,
    'tiles cover the width': uniforms.tilesAcross * width >= uniforms.outWidth,
    'tiles cover the channels': columns >= outputShape.at(-1)!,
    "pixels are the output's": uniforms.pixels === elements(outputShape.slice(0, -1)),
    'the output can be bound': FLOAT_BYTES * elements(outputShape) <= traits.bindingBytes,
  });
}

/** The output pixels of a workgroup; those in a row count as an image of height 1. */
function tileOf(variant: Variant): {height: number; width: number} {
  switch (variant.kernel) {
    case 'pointwise':
      return {height: 1, width: variant.tile.rows};
    case 'spatial':
      return variant.tile;
    case 'conv-first':
      return variant.spatial?.tile ?? {height: 1, width: variant.expandTile.rows};
    case 'expand-first':
      return variant.spatial.tile;
    default:
      return variant satisfies never;
  }
}

function tileFaults(variant: Variant): string[] {
  switch (variant.kernel) {
    case 'pointwise':
      return productFaults(variant.tile);
    case 'spatial':
      return segmentFaults(variant.tile);
    case 'conv-first': {
      const {spatial, expandTile, projectTile, project} = variant;
      return [
        ...productFaults(expandTile),
        ...productFaults(projectTile),
        ...(spatial === null ? [] : segmentFaults(spatial.tile)),
        ...broken({
          'the products share invocations': threadsOf(projectTile) === threadsOf(expandTile),
          'the products share rows': projectTile.rows === expandTile.rows,
          "rows are the tile's segments": spatial === null || rowsOf(spatial.tile) === expandTile.rows,
          'project takes all outputs': projectTile.columns === roundUp(project.outputs, PANEL),
        }),
      ];
    }
    case 'expand-first': {
      const {expand, spatial, hiddenChunk, projectTile, project} = variant;
      return [
        ...productFaults(projectTile),
        ...segmentFaults(spatial.tile),
        ...(expand === null ? [] : productFaults(expand.tile)),
        ...broken({
          'the products share invocations': expand === null || threadsOf(expand.tile) === threadsOf(projectTile),
          "rows are the tile's segments": projectTile.rows === rowsOf(spatial.tile),
          "expand's rows hold the halo": expand === null || expand.tile.rows >= haloPixels(spatial),
          'expand makes a chunk': expand === null || expand.tile.columns === hiddenChunk,
          'a chunk has whole groups': hiddenChunk % spatial.layer.groupWidth === 0,
          'slabs divide a chunk': hiddenChunk % projectTile.slab === 0,
          'project takes all outputs': projectTile.columns === roundUp(project.outputs, PANEL),
        }),
      ];
    }
    default:
      return variant satisfies never;
  }
}

function productFaults({rows, columns, rowThreads, columnThreads, parts, slab}: GemmTile): string[] {
  return broken({
    'threads divide quads': rows % (QUAD * rowThreads) === 0,
    'columns are whole panels': columns % PANEL === 0,
    'slabs are whole lanes for each part': slab % (LANE * parts) === 0,
    'parts own no lanes beyond the columns': parts === 1 || columns % (LANE * columnThreads) === 0,
  });
}

function segmentFaults({width, segment}: PixelTile): string[] {
  return broken({'segments divide the width': width % segment === 0});
}

function broken(rules: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(rules).filter((rule) => !rules[rule]);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The products of a variant. */
function tilesOf(variant: Variant): GemmTile[] {
  switch (variant.kernel) {
    case 'pointwise':
      return [variant.tile];
    case 'spatial':
      return [];
    case 'conv-first':
      return [variant.expandTile, variant.projectTile];
    case 'expand-first':
      return [...(variant.expand === null ? [] : [variant.expand.tile]), variant.projectTile];
    default:
      return variant satisfies never;
  }
}
