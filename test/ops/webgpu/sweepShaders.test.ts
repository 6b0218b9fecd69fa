/** The shaders of two sweeps: those that leave the sums of their tiles, that make gates of these, and that take pixels through gates. */
import {
  type GatesVariant,
  type PointwiseLayer,
  type PointwiseVariant,
  type SpatialVariant,
  type Variant,
  variantKey,
} from '../../../ops/webgpu/planner/variant.ts';
import {shaderText, workgroupBytes} from '../../../ops/webgpu/wgsl/shaders.ts';
import {declaredBytes, idleBindings} from '../../helpers/shaderText.ts';

const VECTOR = 16;
const FLOAT = 4;

const LAYER: PointwiseLayer = {inputs: 48, outputs: 40, weights: 100, bias: 900, activation: 'silu'};

const PRODUCT: PointwiseVariant = {
  kernel: 'pointwise',
  precision: 'float32',
  layer: LAYER,
  source: {channels: 48, form: 'padded'},
  output: {channels: 40, form: 'padded'},
  residual: false,
  tile: {rows: 32, columns: 40, rowThreads: 8, columnThreads: 5, parts: 1, slab: 16},
  prefetch: true,
};
const SQUARES: PointwiseVariant = {...PRODUCT, sumsSquares: true};
const GATED: PointwiseVariant = {
  ...PRODUCT,
  output: {channels: 40, form: 'plain'},
  residual: true,
  gated: {activation: 'linear'},
};

const SPATIAL: SpatialVariant = {
  kernel: 'spatial',
  precision: 'float32',
  layer: {
    ...{channels: 48, groupWidth: 1, kernelSize: [3, 3], stride: 1, weights: 0, bias: 108},
    ...{activation: 'relu6', layerNormEpsilon: null},
  },
  source: {channels: 48, form: 'padded'},
  tile: {height: 2, width: 4, segment: 2},
  threads: 64,
  sumsValues: true,
};

const EXCITE = {
  kind: 'squeeze-excite',
  reduce: {inputs: 48, outputs: 12, weights: 0, bias: 200, activation: 'relu'},
  expand: {inputs: 12, outputs: 48, weights: 210, bias: 400, activation: 'sigmoid'},
} as const;
const GATES: GatesVariant = {kernel: 'gates', precision: 'float32', channels: 48, part: EXCITE, threads: 64};
const NORM = {kind: 'response-norm', scale: 80, epsilon: 1e-6, normEpsilon: 0} as const;
const NORMS: GatesVariant = {...GATES, part: NORM};

const MAKING: PointwiseVariant = {...GATED, gated: {activation: 'linear', made: EXCITE}};

/** Each unlike all others. */
const VARIANTS: Readonly<Record<string, Variant>> = {
  'no sums': PRODUCT,
  squares: SQUARES,
  'squares of several parts': {...SQUARES, tile: {...SQUARES.tile, parts: 2}},
  'squares, float16': {...SQUARES, precision: 'float16'},
  gated: GATED,
  'gated, no prefetch': {...GATED, prefetch: false},
  'gated, float16': {...GATED, precision: 'float16'},
  'gated, then activated': {...GATED, gated: {activation: 'hard-swish'}},
  'gated, then PReLU': {...GATED, gated: {activation: 'prelu', slopes: 950}},
  'gated, then PReLU of other slopes': {...GATED, gated: {activation: 'prelu', slopes: 960}},
  'gated weights': {...GATED, prefetch: false, readsPixels: true},
  'gates of its own': MAKING,
  'gates of its own, float16': {...MAKING, precision: 'float16'},
  'gates of its own, of weights': {...MAKING, prefetch: false, readsPixels: true},
  'norms of its own': {...MAKING, gated: {activation: 'linear', made: NORM}},
  'PReLU after the sum': {...GATED, layer: {...LAYER, activation: 'prelu', slopes: 910}},
  'spatial without sums': {...SPATIAL, sumsValues: false},
  spatial: SPATIAL,
  'spatial, float16': {...SPATIAL, precision: 'float16'},
  gates: GATES,
  'gates, other threads': {...GATES, threads: 128},
  'gates of a last lane that is no whole one': {
    ...GATES,
    channels: 46,
    part: {...EXCITE, reduce: {...EXCITE.reduce, inputs: 46}, expand: {...EXCITE.expand, outputs: 46}},
  },
  'gates, float16': {...GATES, precision: 'float16'},
  'gates, PReLU between': {...GATES, part: {...EXCITE, reduce: {...EXCITE.reduce, activation: 'prelu', slopes: 204}}},
  norms: NORMS,
  'norms, other epsilon': {...NORMS, part: {...NORM, epsilon: 1e-5}},
  'norms, epsilon in the root': {...NORMS, part: {...NORM, normEpsilon: 1e-5}},
  'norms, float16': {...NORMS, precision: 'float16'},
};

describe('the shaders of two sweeps', () => {
  it('differ where their keys do', () => {
    const variants = Object.values(VARIANTS);
    expect(new Set(variants.map(variantKey)).size).toBe(variants.length);
    expect(new Set(variants.map(shaderText)).size).toBe(variants.length);
  });

  it.each(Object.entries(VARIANTS))('use what they declare, and count it: %s', (_, variant) => {
    const text = shaderText(variant);
    expect(declaredBytes(text)).toBe(workgroupBytes(variant));
    expect(idleBindings(text)).toEqual([]);
    expect(text).not.toContain('undefined');
    expect(text.startsWith('enable f16;')).toBe(variant.precision === 'float16');
  });

  it('bind sums after params, and the gates after what they multiply', () => {
    const bindings = (variant: Variant): string[] =>
      [...shaderText(variant).matchAll(/@binding\((\d+)\) var<([^>]*)> (\w+):/g)].map(
        ([, index, space, name]) => `${index} ${name} ${space}`,
      );
    expect(bindings(SPATIAL)).toEqual([
      '0 output storage, read_write',
      '1 source storage, read',
      '2 params storage, read',
      '3 tileSums storage, read_write',
      '4 uniforms uniform',
    ]);
    expect(bindings(GATED)).toEqual([
      '0 output storage, read_write',
      '1 source storage, read',
      '2 gates storage, read',
      '3 x storage, read',
      '4 params storage, read',
      '5 uniforms uniform',
    ]);
    expect(bindings(MAKING).slice(1, 3)).toEqual(['1 source storage, read', '2 tileSums storage, read']);
    expect(bindings(GATES)).toEqual([
      '0 output storage, read_write',
      '1 tileSums storage, read',
      '2 params storage, read',
      '3 uniforms uniform',
    ]);
  });

  it('add up squares in a vector a row of invocations and lane, those of several parts where they were joined', () => {
    expect(workgroupBytes(SQUARES) - workgroupBytes(PRODUCT)).toBe(8 * 10 * VECTOR);
    const parted = {...PRODUCT, tile: {...PRODUCT.tile, parts: 2}};
    expect(workgroupBytes({...parted, sumsSquares: true})).toBe(workgroupBytes(parted));
    expect(workgroupBytes(SPATIAL)).toBe(4 * 12 * VECTOR);
  });

  it('take of workgroup memory for gates a number a channel, and a vector a part; norms wait in the output', () => {
    // Of 3 lanes 21 parts, of 12 lanes 5.
    expect(workgroupBytes(GATES)).toBe(3 * 21 * VECTOR + 48 * FLOAT + 12 * FLOAT);
    expect(workgroupBytes(NORMS)).toBe(12 * 5 * VECTOR + 12 * FLOAT);
    expect(workgroupBytes({...NORMS, channels: 11264})).toBeLessThan(1024);
  });

  it('take the same and a vector a lane where project makes its gates for itself', () => {
    const own = workgroupBytes({...GATES, threads: 8 * 5});
    expect(workgroupBytes(MAKING) - workgroupBytes(GATED)).toBe(own + 12 * VECTOR);
  });
});
