/** The text of conv-first's shader; what it computes is tested on devices. */
import {type ConvFirstVariant, variantKey} from '../../../ops/webgpu/planner/variant.ts';
import {shaderText, workgroupBytes} from '../../../ops/webgpu/wgsl/shaders.ts';
import {declaredBytes, idleBindings} from '../../helpers/shaderText.ts';

/** A ConvNeXt block of 96 channels on 4×4 pixels. */
const SPATIAL = {
  layer: {
    channels: 96,
    groupWidth: 1,
    kernelSize: [7, 7],
    stride: 1,
    weights: 0,
    bias: 1176,
    activation: 'linear',
    layerNormEpsilon: 1e-6,
  },
  tile: {height: 4, width: 4, segment: 4},
} as const;

const BLOCK: ConvFirstVariant = {
  kernel: 'conv-first',
  precision: 'float32',
  spatial: SPATIAL,
  expand: {inputs: 96, outputs: 384, weights: 1200, bias: 10416, activation: 'gelu'},
  project: {inputs: 384, outputs: 96, weights: 10512, bias: 19728, activation: 'linear'},
  residual: true,
  expandTile: {rows: 16, columns: 32, rowThreads: 4, columnThreads: 8, parts: 1, slab: 16},
  projectTile: {rows: 16, columns: 96, rowThreads: 4, columnThreads: 8, parts: 1, slab: 8},
};

const withLayer = (layer: Partial<NonNullable<ConvFirstVariant['spatial']>['layer']>): ConvFirstVariant => ({
  ...BLOCK,
  spatial: {...SPATIAL, layer: {...SPATIAL.layer, ...layer}},
});
const withExpandTile = (tile: Partial<ConvFirstVariant['expandTile']>): ConvFirstVariant => ({
  ...BLOCK,
  expandTile: {...BLOCK.expandTile, ...tile},
});

const STORED: ConvFirstVariant = {...BLOCK, spatial: null};

/** Each unlike all others. */
const VARIANTS: Readonly<Record<string, ConvFirstVariant>> = {
  'whole block': BLOCK,
  float16: {...BLOCK, precision: 'float16'},
  'no residual': {...BLOCK, residual: false},
  'hidden activation': {...BLOCK, expand: {...BLOCK.expand, activation: 'silu'}},
  'fewer hidden lanes': {...BLOCK, expand: {...BLOCK.expand, outputs: 380}},
  'fewer hidden channels': {...BLOCK, expand: {...BLOCK.expand, outputs: 383}},
  'another place of the expand bias': {...BLOCK, expand: {...BLOCK.expand, bias: 10420}},
  'fewer outputs': {...BLOCK, project: {...BLOCK.project, outputs: 93}},
  'another place of the project weights': {...BLOCK, project: {...BLOCK.project, weights: 10514}},
  'project slab': {...BLOCK, projectTile: {...BLOCK.projectTile, slab: 16}},
  'project threads': {...BLOCK, projectTile: {...BLOCK.projectTile, rowThreads: 2, columnThreads: 16}},
  'expand threads': withExpandTile({rowThreads: 2, columnThreads: 16}),
  'larger chunk': withExpandTile({columns: 64}),
  'slab that does not divide the inputs': withExpandTile({slab: 40}),
  'wide rectangle': {...BLOCK, spatial: {...SPATIAL, tile: {height: 2, width: 8, segment: 4}}},
  'short segment': {...BLOCK, spatial: {...SPATIAL, tile: {height: 4, width: 4, segment: 2}}},
  'rectangle of fewer pixels than rows': {...BLOCK, spatial: {...SPATIAL, tile: {height: 3, width: 4, segment: 4}}},
  'no LayerNorm': withLayer({layerNormEpsilon: null}),
  epsilon: withLayer({layerNormEpsilon: 1e-5}),
  'spatial activation': withLayer({activation: 'relu'}),
  'kernel size': withLayer({kernelSize: [7, 5]}),
  'stride 2': withLayer({stride: 2}),
  groups: withLayer({groupWidth: 8}),
  stored: STORED,
  'stored, float16': {...STORED, precision: 'float16'},
  'stored, no residual': {...STORED, residual: false},
  'stored, small chunk': {...STORED, expandTile: {...BLOCK.expandTile, columns: 8}},
};

describe('the shader of a conv-first block', () => {
  it('differs where the key does', () => {
    const variants = Object.values(VARIANTS);
    const texts = variants.map((variant) => shaderText(variant));
    expect(new Set(variants.map((variant) => variantKey(variant))).size).toBe(variants.length);
    expect(new Set(texts).size).toBe(variants.length);
    expect(shaderText({...BLOCK})).toBe(texts[0]);
  });

  it.each(Object.entries(VARIANTS))('uses what it declares, and counts it: %s', (_, variant) => {
    const text = shaderText(variant);
    expect(workgroupBytes(variant)).toBe(declaredBytes(text));
    expect(idleBindings(text)).toEqual([]);
    expect(text).not.toContain('undefined');
    expect(text).not.toContain('NaN');
    expect(text.startsWith('enable f16;')).toBe(variant.precision === 'float16');
  });

  it('reads the stored spatial output, and x for the residual alone', () => {
    const bindings = (variant: ConvFirstVariant): string[] =>
      [...shaderText(variant).matchAll(/var<storage[^>]*> (\w+)/g)].map(([, name]) => name!);
    expect(bindings(BLOCK)).toEqual(['output', 'x', 'params']);
    expect(bindings({...BLOCK, residual: false})).toEqual(['output', 'x', 'params']);
    expect(bindings(STORED)).toEqual(['output', 'source', 'x', 'params']);
    expect(bindings({...STORED, residual: false})).toEqual(['output', 'source', 'params']);
  });
});

describe('the workgroup memory of conv-first', () => {
  const VECTOR = 16;
  /** Of four quads: an odd number. */
  const QUAD_STRIDE = 5;
  const WEIGHTS = 8 * (24 + 2) * VECTOR;

  it('is the tile, a vector for each invocation of its LayerNorm, the chunk and a slab of the larger layer', () => {
    const tile = 96 * QUAD_STRIDE * VECTOR;
    const hidden = 32 * QUAD_STRIDE * VECTOR;
    const norm = 32 * VECTOR;
    expect(workgroupBytes(BLOCK)).toBe(tile + norm + hidden + WEIGHTS);
    expect(workgroupBytes({...BLOCK, precision: 'float16'})).toBe((tile + hidden + WEIGHTS) / 2 + norm);
  });

  it('has no tile of stored values: a slab of them lies where the chunk will', () => {
    expect(workgroupBytes(STORED)).toBe(32 * QUAD_STRIDE * VECTOR + WEIGHTS);
    const narrow = VARIANTS['stored, small chunk']!;
    expect(workgroupBytes(narrow)).toBe(16 * QUAD_STRIDE * VECTOR + WEIGHTS);
  });
});
