import {blockGeometry, blockSpec, type BlockSpec, describeBlock} from '../../ops/block.ts';
import {blockCost} from '../../ops/cost.ts';
import {paramsLayout} from '../../ops/params.ts';
import {PART_BLOCKS, SMALL_BLOCKS} from '../helpers/blockCases.ts';

const spec = SMALL_BLOCKS[1]!.spec;

describe('blockSpec', () => {
  it('freezes a sound spec, and gives it back as it is the next time', () => {
    const made = blockSpec({...spec});
    expect(made).toEqual(spec);
    expect(Object.isFrozen(made)).toBe(true);
    expect(Object.isFrozen(made.kernelSize)).toBe(true);
    expect(blockSpec(made)).toBe(made);
  });

  it('gives the same object for equal fields, in whatever order they stand', () => {
    const padding = {top: 1, right: 2, bottom: 3, left: 4};
    const {order, ...rest} = {...spec, padding, residual: false};
    const {top, ...sides} = padding;
    expect(blockSpec({...rest, padding: {...sides, top}, order})).toBe(blockSpec({order, ...rest}));
    expect(blockSpec({order, ...rest, groupWidth: 1})).not.toBe(blockSpec({order, ...rest}));
  });

  it('takes what may be left out as absent', () => {
    const {squeezeExcite, responseNorm, outputActivation, ...rest} = spec;
    expect([squeezeExcite, responseNorm, outputActivation]).toEqual([null, null, 'linear']);
    expect(blockSpec(rest)).toBe(spec);
  });

  it('does not trust a frozen object that it did not make', () => {
    expect(() => blockSpec(Object.freeze({...spec, stride: 3 as 1}))).toThrow('stride');
  });

  const unsound: [keyof BlockSpec, unknown][] = [
    ['order', 'conv-last'],
    ['inChannels', 0],
    ['hiddenChannels', 1.5],
    ['outChannels', '8'],
    ['kernelSize', [3]],
    ['kernelSize', [3, 0]],
    ['stride', 3],
    ['padding', 'full'],
    ['padding', {top: 1, right: 1, bottom: 1}],
    ['padding', {top: 1, right: 1, bottom: 1, left: -1}],
    ['groupWidth', 4],
    ['groupWidth', 24],
    ['layerNormEpsilon', -1],
    ['layerNormEpsilon', NaN],
    ['spatialActivation', 'tanh'],
    ['hiddenActivation', undefined],
    ['residual', 1],
    ['outputActivation', 'mish'],
    ['squeezeExcite', 4],
    ['squeezeExcite', {channels: 0, activation: 'relu', gate: 'sigmoid', beforeActivation: false}],
    ['squeezeExcite', {channels: 4, activation: 'relu', gate: 'tanh', beforeActivation: false}],
    ['squeezeExcite', {channels: 4, activation: 'relu', gate: 'sigmoid'}],
    ['squeezeExcite', {channels: 4, activation: 'relu', gate: 'sigmoid', beforeActivation: false}],
    ['responseNorm', {epsilon: -1, normEpsilon: 0}],
    ['responseNorm', {epsilon: 1e-6}],
  ];
  for (const [field, value] of unsound)
    it(`refuses ${field} = ${JSON.stringify(value)}`, () => {
      let error: unknown;
      try {
        blockSpec({...spec, [field]: value});
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({code: 'invalid-spec'});
      expect((error as Error).message).toMatch(new RegExp(`^BlockSpec: ${field} must`));
    });

  it('refuses what does not go together', () => {
    expect(() => blockSpec({...spec, stride: 2})).toThrow('residual must be false');
    expect(() => blockSpec({...spec, outChannels: 8})).toThrow('residual must be false');
    expect(() => blockSpec({...spec, order: 'expand-first', layerNormEpsilon: 1e-6})).toThrow('layerNormEpsilon');
    const responseNorm = {epsilon: 1e-6, normEpsilon: 0};
    expect(() => blockSpec({...spec, order: 'expand-first', responseNorm})).toThrow('responseNorm must be null but in');
    expect(() => blockSpec({...spec, order: 'separable'})).toThrow('hiddenChannels must be inChannels in separable');
    const separable = {...spec, order: 'separable', hiddenChannels: spec.inChannels} as const;
    expect(() => blockSpec(separable)).toThrow('hiddenActivation must be linear in separable');
  });
});

describe('blockGeometry', () => {
  it("follows TensorFlow's 'same', which is not symmetric at stride 2", () => {
    const strided = blockSpec({...spec, stride: 2, residual: false});
    expect(blockGeometry(strided, 8, 7)).toEqual({
      outHeight: 4,
      outWidth: 4,
      pad: {top: 0, bottom: 1, left: 1, right: 1},
    });
    expect(blockGeometry(spec, 8, 7).pad).toEqual({top: 1, bottom: 1, left: 1, right: 1});
  });

  it('refuses an image that is smaller than the kernel, and a residual that does not fit', () => {
    const valid = blockSpec({...spec, padding: 'valid', residual: false});
    expect(blockGeometry(valid, 3, 4)).toMatchObject({outHeight: 1, outWidth: 2});
    expect(() => blockGeometry(valid, 2, 4)).toThrow('at least as large as the 3×3 kernel');
    const shrinking = blockSpec({...spec, padding: 'valid'});
    expect(() => blockGeometry(shrinking, 5, 5)).toThrow('as large as the input, got 5×5 → 3×3');
  });
});

describe('blockCost', () => {
  it('counts the products of squeeze-and-excite once an image, and no expand layer in separable', () => {
    const separable = blockSpec({
      ...{...spec, order: 'separable', hiddenChannels: 16, hiddenActivation: 'linear', groupWidth: 1},
      ...{kernelSize: [3, 3], outChannels: 24, residual: false},
      squeezeExcite: {channels: 4, activation: 'relu', gate: 'sigmoid', beforeActivation: false},
    });
    const {macs, layeredBytes} = blockCost(separable, {batch: 2, height: 8, width: 8});
    const pixels = 2 * 8 * 8;
    expect(macs).toMatchObject({spatial: pixels * 9 * 16, expand: 0, seReduce: 2 * 64, seExpand: 2 * 64});
    expect(macs.total).toBe(pixels * (9 * 16 + 16 * 24) + 4 * 64);
    // x, what the conv writes and project reads, once more to sum it, twice to scale it, y.
    const {length} = paramsLayout(separable);
    expect(layeredBytes).toBe(4 * (pixels * (16 + 5 * 16 + 24) + length));
  });

  it('counts the 56×56×96 block of ConvNeXt-T by hand', () => {
    const convNext = blockSpec({
      ...spec,
      inChannels: 96,
      hiddenChannels: 384,
      outChannels: 96,
      groupWidth: 1,
      kernelSize: [7, 7],
      layerNormEpsilon: 1e-6,
    });
    const cost = blockCost(convNext, {batch: 2, height: 56, width: 56});
    const pixels = 2 * 56 * 56;
    expect(cost.macs).toEqual({
      spatial: pixels * 49 * 96,
      expand: pixels * 96 * 384,
      seReduce: 0,
      seExpand: 0,
      project: pixels * 96 * 384,
      total: pixels * (49 * 96 + 2 * 96 * 384),
    });
    const weights = 49 * 96 + 96 + 2 * 96 * 384 + 384 + 96;
    expect(paramsLayout(convNext).length).toBe(weights);
    expect(cost.fusedBytes).toBe(4 * (2 * pixels * 96 + weights));
    expect(cost.layeredBytes).toBe(4 * (pixels * (3 * 96 + 2 * 96 + 2 * 384) + weights));
  });

  it('expands every input pixel in expand-first, and only output pixels in conv-first', () => {
    const strided = {...spec, stride: 2, residual: false} as const;
    const size = {batch: 1, height: 8, width: 8};
    const expandFirst = blockSpec({...strided, order: 'expand-first'});
    expect(blockCost(expandFirst, size).macs.expand).toBe(64 * spec.inChannels * spec.hiddenChannels);
    expect(blockCost(blockSpec(strided), size).macs.expand).toBe(16 * spec.inChannels * spec.hiddenChannels);
  });
});

it('describeBlock tells the specs of the sweep apart', () => {
  const texts = [...SMALL_BLOCKS, ...PART_BLOCKS].map(
    ({spec: s, height, width}) => `${describeBlock(s)} ${height} ${width}`,
  );
  const specs = [...SMALL_BLOCKS, ...PART_BLOCKS].map((block) => JSON.stringify(block));
  expect(new Set(texts).size).toBe(new Set(specs).size);
});
