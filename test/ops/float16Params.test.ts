import {blockSpec, describeBlock} from '../../ops/block.ts';
import {FLOAT16_MAX} from '../../ops/float16.ts';
import {float16Refusal, packFloat16Params, unpackFloat16Params} from '../../ops/float16Params.ts';
import {type LayerName, paramsLayout} from '../../ops/params.ts';
import {expectClose} from '../helpers/closeness.ts';
import {CONV_FIRST, LAYERED_BLOCKS, MODEL_BLOCKS, randomParams} from '../helpers/blockCases.ts';

describe('params of layout 2', () => {
  it.each([...LAYERED_BLOCKS, ...MODEL_BLOCKS].map(({spec}) => [describeBlock(spec), spec] as const))(
    'hold layout 1 to half a unit of float16: %s',
    (_, spec) => {
      const params = randomParams(spec, 3);
      const pairs = packFloat16Params(params);
      expect(pairs).toHaveLength(paramsLayout(spec).length / 2);
      // In units of the last of float16's eleven bits, of which rounding may cost half a one.
      const unit = (value: number): number => 2 ** Math.max(Math.floor(Math.log2(Math.abs(value))) - 10, -24);
      const errors = unpackFloat16Params(pairs).map((value, i) => (value - params[i]!) / unit(params[i]!));
      expectClose(errors, new Float32Array(params.length), 0.5);
    },
  );

  it('come back as they were, and hold the even index in the low half', () => {
    expect([...packFloat16Params(Float32Array.of(1, 2, -0.5, 65504))]).toEqual([0x4000_3c00, 0x7bff_b800]);
    const pairs = Int32Array.from({length: 2 ** 15}, (_, i) => ((2 * i + 1) << 16) | (2 * i));
    const isNumber = (pair: number): boolean => [pair, pair >>> 16].every((half) => (half & 0x7c00) !== 0x7c00);
    const numbers = pairs.filter(isNumber);
    expect(packFloat16Params(unpackFloat16Params(numbers))).toEqual(numbers);
  });

  it('are read where they lie in a larger buffer', () => {
    const {buffer} = packFloat16Params(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect([...unpackFloat16Params(new Int32Array(buffer, 4, 2))]).toEqual([3, 4, 5, 6]);
  });
});

describe('float16 is refused', () => {
  const spec = blockSpec(CONV_FIRST);
  const layout = paramsLayout(spec);
  const withValue = (layer: LayerName, part: 'weights' | 'bias', value: number): Float32Array => {
    const params = randomParams(spec, 4);
    params[layout[layer]![part] + 3] = value;
    return params;
  };

  it.each([
    ['expand', 'weights', 65520, 'expand holds 65520, float16 at most 65504'],
    ['project', 'bias', -1e5, 'project holds 100000, float16 at most 65504'],
    ['spatial', 'weights', NaN, 'spatial holds NaN, float16 at most 65504'],
    ['spatial', 'bias', -Infinity, 'spatial holds Infinity, float16 at most 65504'],
  ] as const)('for %s %s of %d', (layer, part, value, reason) => {
    expect(float16Refusal(spec, withValue(layer, part, value))).toBe(reason);
  });

  it('for a layer whose weights are all too small, not for one that is zero or has a small bias', () => {
    const scaled = (by: number): Float32Array => {
      const params = randomParams(spec, 4);
      const {weights, bias} = layout.expand!;
      params.subarray(weights, bias).forEach((value, i) => (params[weights + i] = value * by));
      params.fill(1e-7, bias, bias + layout.expand!.outputs);
      return params;
    };
    expect(float16Refusal(spec, scaled(2 ** -20))).toMatch(/^expand has no weight above \S+, too small for float16$/);
    for (const by of [0, 2 ** -10, 1]) expect(float16Refusal(spec, scaled(by))).toBeNull();
  });

  it('for nothing that fits', () => {
    expect(float16Refusal(spec, withValue('expand', 'weights', FLOAT16_MAX))).toBeNull();
  });
});
