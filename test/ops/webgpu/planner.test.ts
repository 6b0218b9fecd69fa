import {type BlockCase, CASES} from '../../../bench/speed/cases.ts';
import {PART_CASES} from '../../../bench/speed/partCases.ts';
import {
  type BlockOrder,
  blockSpec,
  type BlockSpec,
  describeBlock,
  isGlobal,
  type SqueezeExcite,
} from '../../../ops/block.ts';
import {blockCost, type ImageSize} from '../../../ops/cost.ts';
import {FLOAT_BYTES, paramsLayout, type Precision} from '../../../ops/params.ts';
import {elements} from '../../../ops/shape.ts';
import {cutsOf} from '../../../ops/webgpu/planner/cuts.ts';
import {DEFAULT_TRAITS, type DeviceTraits} from '../../../ops/webgpu/planner/device.ts';
import {FAMILIES, type GPUFamily} from '../../../ops/webgpu/planner/families.ts';
import {fastestPass, type Pass, type PassCost, passesOf} from '../../../ops/webgpu/planner/pass.ts';
import {planBlock, planBytes, type WebGPUPlan} from '../../../ops/webgpu/planner/plan.ts';
import {blockOnDevice} from '../../../ops/webgpu/planner/tensors.ts';
import {
  type GemmTile,
  QUAD,
  type SpatialVariant,
  threadTile,
  type Variant,
} from '../../../ops/webgpu/planner/variant.ts';
import {
  type BlockCase as SmallBlock,
  CONV_FIRST,
  LAYERED_BLOCKS,
  MODEL_BLOCKS,
  PART_BLOCKS,
  SMALL_BLOCKS,
} from '../../helpers/blockCases.ts';
import {faultsOf} from '../../helpers/planFaults.ts';

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
const problemsOf = (blocks: readonly SmallBlock[]) =>
  blocks.map(({spec, height, width}, i) => ({
    spec,
    size: {batch: 1 + (i % 3), height, width},
    precision: i % 2 === 0 ? ('float32' as const) : ('float16' as const),
  }));
/** Counted in each list anew, so that a block that is added to one changes nothing in the others. */
const SWEEP = [SMALL_BLOCKS, LAYERED_BLOCKS, MODEL_BLOCKS].flatMap(problemsOf);
const PARTED = problemsOf(PART_BLOCKS.filter((_, i) => i % 4 === 0));

/** The passes of the first sweep of a block with a part that needs all pixels of an image. */
const FIRST_SWEEP: Readonly<Record<BlockOrder, readonly Variant['kernel'][]>> = {
  'conv-first': ['spatial', 'pointwise'],
  'expand-first': ['pointwise', 'spatial'],
  separable: ['spatial'],
};

describe('the webgpu plans', () => {
  it('come in one, two and three passes where the device holds them, the fastest first', () => {
    for (const {spec, size} of SWEEP) {
      const plans = plansOf(spec, size, {traits: LARGER_TRAITS});
      expect(plans.map(({passes}) => passes.length).sort()).toEqual([1, 2, 3]);
      const seconds = plans.map((plan) => sum(plan, 'seconds'));
      expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    }
  });

  it('come in one and two passes of a separable block, and in two sweeps where all pixels of an image are needed first', () => {
    for (const {spec, size} of PARTED) {
      const kernels = plansOf(spec, size, {traits: LARGER_TRAITS}).map(({passes}) =>
        passes.map(({variant}) => variant.kernel),
      );
      const first = FIRST_SWEEP[spec.order];
      if (isGlobal(spec))
        expect(kernels.sort((a, b) => a.length - b.length)).toEqual([
          [...first, 'pointwise'],
          [...first, 'gates', 'pointwise'],
        ]);
      else if (spec.order === 'separable') expect(kernels.map(({length}) => length).sort()).toEqual([1, 2]);
      else expect(kernels.map(({length}) => length).sort()).toEqual([1, 2, 3]);
    }
  });

  it('make gates in a pass of their own on Intel, where a product has no registers to spare', () => {
    for (const {spec, size} of PARTED.filter((each) => isGlobal(each.spec)))
      expect(plansOf(spec, size, {traits: INTEL_TRAITS}).map(({passes}) => passes.at(-2)!.variant.kernel)).toEqual([
        'gates',
      ]);
  });

  it('move what two sweeps must, with the sums of tiles and the gates once written and once read', () => {
    for (const {spec, size} of PARTED.filter((each) => isGlobal(each.spec)))
      for (const plan of plansOf(spec, size)) {
        const {passes} = plan;
        const params = FLOAT_BYTES * paramsLayout(spec).length;
        const x = FLOAT_BYTES * size.batch * size.height * size.width * spec.inChannels;
        const between = passes.slice(0, -1).flatMap(({outputShape, sumsShape}) => [outputShape, sumsShape ?? [0]]);
        const y = FLOAT_BYTES * elements(passes.at(-1)!.outputShape);
        const both = 2 * FLOAT_BYTES * between.reduce((total, shape) => total + elements(shape), 0);
        expect(planBytes(plan)).toBe(params + (spec.residual ? 2 : 1) * x + both + y);
      }
  });

  it('take tiles large enough for the gates to be added up soon', () => {
    for (const {spec, size} of PART_CASES.filter((each) => isGlobal(each.spec)))
      for (const plan of plansOf(spec, size)) {
        const gates = plan.passes.find(({variant}) => variant.kernel === 'gates');
        if (gates === undefined) continue;
        expect(gates.cost.workgroups).toBe(1);
        expect(gates.cost.seconds - gates.cost.dispatchSeconds).toBeLessThan(sum(plan, 'seconds') / 4);
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
    for (const {spec, size, precision} of [...SWEEP, ...PARTED])
      for (const plan of plansOf(spec, size, {traits, precision}))
        expect(faultsOf(plan, spec, size, traits)).toEqual([]);
  });

  it('hold no more sums on Intel than its registers do, and there is one for every block of the bench', () => {
    for (const {spec, size} of [...BLOCKS, ...PART_CASES])
      for (const {passes} of plansOf(spec, size, {traits: INTEL_TRAITS}))
        for (const {variant} of passes)
          for (const tile of tilesOf(variant)) {
            const {quads, lanes} = threadTile(tile);
            expect(QUAD * quads * lanes).toBeLessThanOrEqual(FAMILIES.intel.sums);
          }
  });

  it('convolve in as few invocations as take no longer in the same tile', () => {
    for (const family of Object.keys(FAMILIES) as GPUFamily[])
      for (const {name, spec, size} of BLOCKS) {
        const block = blockOnDevice({spec, size, precision: 'float32'}, {...LARGER_TRAITS, family});
        const step = cutsOf(block)
          .flat()
          .find(({output}) => output === 'spatial')!;
        const chosen = fastestPass(block, step) as Pass;
        const tileOf = ({variant}: Pass): string => JSON.stringify((variant as SpatialVariant).tile);
        const equals = [...passesOf(block, step)].filter(
          (each) => tileOf(each) === tileOf(chosen) && each.cost.seconds === chosen.cost.seconds,
        );
        const fewest = Math.min(...equals.map(({cost}) => cost.invocations));
        expect([family, name, chosen.cost.invocations]).toEqual([family, name, fewest]);
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
      'three passes (2×4 tiles, then 32 pixels × 64 outputs, then 32 pixels × 32 outputs; 98 + 300 + 150 workgroups)',
      'two passes (2×4 tiles, then 16 pixels × 64 hidden channels; 98 + 49 workgroups)',
      'one pass (1×2 tiles × 64 hidden channels; 392 workgroups)',
    ]);
    expect(plans.map(({reason}) => reason)).toEqual([
      'computes 243 MMAC where two passes compute 393, its workgroups read and write 62.6 MiB, those of two passes 73 MiB',
      'its workgroups read and write 73 MiB, those of one pass 473 MiB, computes 393 MMAC where one pass computes 778',
      'the last that fits the device',
    ]);
  });
});

const EXCITED: SqueezeExcite = {channels: 8, activation: 'silu', gate: 'sigmoid', beforeActivation: false};

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
    [
      '1920 channels, squeezed to 80',
      blockSpec({...mbConv(320, 1920), squeezeExcite: {...EXCITED, channels: 80}}),
      {batch: 2, height: 7, width: 7},
    ],
    [
      'an image of 2048×2048, excited',
      blockSpec({...mbConv(3, 4), squeezeExcite: EXCITED}),
      {batch: 1, height: 2048, width: 2048},
    ],
    [
      '2560 hidden channels, normed',
      blockSpec({...wide(640, 2560), responseNorm: {epsilon: 1e-6, normEpsilon: 0}}),
      {batch: 3, height: 7, width: 7},
    ],
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

/** The products of a variant. */
function tilesOf(variant: Variant): GemmTile[] {
  switch (variant.kernel) {
    case 'pointwise':
      return [variant.tile];
    case 'spatial':
    case 'gates':
      return [];
    case 'conv-first':
      return [variant.expandTile, variant.projectTile];
    case 'expand-first':
      return [...(variant.expand === null ? [] : [variant.expand.tile]), variant.projectTile];
    default:
      return variant satisfies never;
  }
}
