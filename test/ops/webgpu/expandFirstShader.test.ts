import {type Activation, ACTIVATIONS, type BlockSpec} from '../../../ops/block.ts';
import {paramsLayout, roundUp} from '../../../ops/params.ts';
import {
  type ExpandFirstVariant,
  type GemmTile,
  QUAD,
  rowsOf,
  haloPixels,
  pointwiseLayer,
  spatialLayer,
  variantKey,
} from '../../../ops/webgpu/planner/variant.ts';
import {shaderText, workgroupBytes} from '../../../ops/webgpu/wgsl/shaders.ts';
import {CONV_FIRST} from '../../helpers/blockCases.ts';
import {declaredBytes, idleBindings} from '../../helpers/shaderText.ts';

const SPEC: BlockSpec = {...CONV_FIRST, order: 'expand-first', hiddenChannels: 48, groupWidth: 1};

/** What a variant is made from, beside the spec. */
interface Sizes {
  readonly tile: readonly [height: number, width: number, segment: number];
  readonly chunk: number;
  readonly slabs: readonly [expand: number, project: number];
  readonly threads: readonly [rows: number, columns: number];
  readonly stored: boolean;
  readonly precision: ExpandFirstVariant['precision'];
}

const SIZES: Sizes = {
  tile: [4, 8, 4],
  chunk: 16,
  slabs: [16, 16],
  threads: [16, 4],
  stored: false,
  precision: 'float32',
};

function variantOf({spec: changes = {}, ...sizes}: {spec?: Partial<BlockSpec>} & Partial<Sizes>): ExpandFirstVariant {
  const spec = {...SPEC, ...changes};
  const {tile, chunk, slabs, threads, stored, precision} = {...SIZES, ...sizes};
  const layout = paramsLayout(spec);
  const [height, width, segment] = tile;
  const [rowThreads, columnThreads] = threads;
  const spatial = {layer: spatialLayer(spec, layout.spatial), tile: {height, width, segment}};
  const product = (rows: number, columns: number, slab: number): GemmTile => ({
    rows: roundUp(rows, QUAD * rowThreads),
    ...{columns, rowThreads, columnThreads, parts: 1, slab},
  });
  return {
    kernel: 'expand-first',
    precision,
    expand: stored
      ? null
      : {
          layer: pointwiseLayer(layout.expand!, spec.hiddenActivation),
          tile: product(haloPixels(spatial), chunk, slabs[0]),
        },
    spatial,
    project: pointwiseLayer(layout.project, 'linear'),
    residual: spec.residual,
    hiddenChunk: chunk,
    projectTile: product(rowsOf(spatial.tile), roundUp(spec.outChannels, 8), slabs[1]),
  };
}

const plain = {residual: false};

function others(activation: Activation): Activation[] {
  return ACTIVATIONS.filter((other) => other !== activation);
}

function changed(spec: Partial<BlockSpec>): [string, ExpandFirstVariant] {
  return [JSON.stringify(spec), variantOf({spec})];
}

/** Each unlike all others. */
const VARIANTS: Readonly<Record<string, ExpandFirstVariant>> = {
  base: variantOf({}),
  stored: variantOf({stored: true}),
  'stored, no residual': variantOf({stored: true, spec: plain}),
  'no residual': variantOf({spec: plain}),
  'stride 2': variantOf({spec: {...plain, stride: 2}}),
  'kernel 2×4': variantOf({spec: {kernelSize: [2, 4]}}),
  'kernel 4×2': variantOf({spec: {kernelSize: [4, 2]}}),
  'group width 8': variantOf({spec: {groupWidth: 8}}),
  'group width 16': variantOf({spec: {groupWidth: 16}}),
  'other inputs': variantOf({spec: {...plain, inChannels: 12}}),
  'inputs that are no vectors': variantOf({spec: {...plain, inChannels: 13}}),
  'hidden channels that are no vectors': variantOf({spec: {hiddenChannels: 45}}),
  'other outputs': variantOf({spec: {...plain, outChannels: 12}}),
  'outputs that are no vectors': variantOf({spec: {...plain, outChannels: 13}}),
  'other tile': variantOf({tile: [8, 4, 4]}),
  'other segment': variantOf({tile: [4, 8, 2]}),
  'other chunk': variantOf({chunk: 24}),
  'input in slabs': variantOf({slabs: [8, 16]}),
  'project in slabs': variantOf({slabs: [16, 8]}),
  'project in slabs that leave a rest': variantOf({slabs: [16, 12]}),
  'other threads': variantOf({threads: [8, 8]}),
  'more threads than lanes': variantOf({threads: [10, 6]}),
  ...Object.fromEntries([
    ...others(SPEC.hiddenActivation).map((hiddenActivation) => changed({hiddenActivation})),
    ...others(SPEC.spatialActivation).map((spatialActivation) => changed({spatialActivation})),
  ]),
  float16: variantOf({precision: 'float16'}),
  'float16, input in slabs': variantOf({precision: 'float16', slabs: [8, 16]}),
};

const widths = (channels: number, expansion: number): Partial<BlockSpec> => ({
  inChannels: channels,
  outChannels: channels,
  hiddenChannels: expansion * channels,
});

/** Blocks of MobileNetV2, and MBConv with groups, in chunks of 16. */
const FITTING: readonly [string, Partial<BlockSpec>, Partial<Sizes>][] = [
  ['56×56×24, expansion 6', widths(24, 6), {tile: [8, 8, 4], slabs: [12, 16]}],
  ['28×28×32, expansion 6', widths(32, 6), {tile: [8, 8, 4], slabs: [8, 16]}],
  ['14×14×64, expansion 6', widths(64, 6), {tile: [7, 7, 7], slabs: [8, 16]}],
  ['56×56×24, expansion 6, stride 2', {...widths(24, 6), ...plain, stride: 2}, {tile: [4, 7, 7], slabs: [8, 16]}],
  ['16×16×256, expansion 4, group width 8', {...widths(256, 4), groupWidth: 8}, {tile: [4, 8, 4], slabs: [8, 8]}],
];

describe('the shader of an expand-first block', () => {
  it('has another text where the key is another, and only there', () => {
    const variants = Object.values(VARIANTS);
    expect(new Set(variants.map(variantKey)).size).toBe(variants.length);
    expect(new Set(variants.map(shaderText)).size).toBe(variants.length);
    expect(shaderText(variantOf({}))).toBe(shaderText(VARIANTS['base']!));
  });

  it.each(Object.entries(VARIANTS))(
    'declares the workgroup memory that is counted, and uses every binding: %s',
    (_, variant) => {
      const text = shaderText(variant);
      expect(declaredBytes(text)).toBe(workgroupBytes(variant));
      expect(idleBindings(text)).toEqual([]);
    },
  );

  it('binds what it reads', () => {
    const bindings = (text: string): string[] =>
      [...text.matchAll(/var<storage, read> (\w+)/g)].map(([, name]) => name!);
    const cases = ['base', 'no residual', 'stored', 'stored, no residual'];
    expect(cases.map((name) => bindings(shaderText(VARIANTS[name]!)))).toEqual([
      ['x', 'params'],
      ['x', 'params'],
      ['source', 'x', 'params'],
      ['source', 'params'],
    ]);
  });

  it('is found out where a binding is not used', () => {
    const text = shaderText(VARIANTS['stored']!);
    expect(idleBindings(text.replace('load_x(pixel, lane)', 'vec4<f32>()'))).toEqual(['x']);
  });

  it('takes no memory of its own for an input in slabs, and none for the halo where it is stored', () => {
    const names = (variant: ExpandFirstVariant): string[] =>
      [...shaderText(variant).matchAll(/var<workgroup> (\w+)/g)].map(([, name]) => name!).sort();
    expect(names(VARIANTS['base']!)).toEqual(['hidden', 'pixels', 'spatial', 'weights']);
    expect(names(VARIANTS['input in slabs']!)).toEqual(['hidden', 'spatial', 'weights']);
    expect(names(VARIANTS['stored']!)).toEqual(['spatial', 'weights']);
  });

  it('takes half the memory in float16, and sums in float32', () => {
    const text = shaderText(VARIANTS['float16']!);
    expect(text).toMatch(/^enable f16;/);
    expect(text).not.toMatch(/var<workgroup> .*f32/);
    expect(text).not.toMatch(/var sums.*f16/);
    expect(2 * declaredBytes(text)).toBe(declaredBytes(shaderText(VARIANTS['base']!)));
  });

  it.each(FITTING)("fits WebGPU's default workgroup memory: %s", (_, spec, sizes) => {
    expect(workgroupBytes(variantOf({spec, ...sizes}))).toBeLessThanOrEqual(16 * 1024);
  });
});
