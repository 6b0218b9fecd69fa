/**
 * Mutants keep the sweep of the webgpu kernels honest: each breaks one stage of the shaders by one edit of their text, and must
 * make some plan of some block fail, by wrong numbers or by a guard.
 *
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {LAYERED_BLOCKS, SMALL_BLOCKS} from '../../helpers/blockCases.ts';
import {type Problem, randomProblem} from '../../helpers/forcedPlans.ts';
import {type Mutant, mutant, mutantSuite} from '../../helpers/shaderMutants.ts';

const MUTANTS: readonly Mutant[] = [
  mutant('store: two channels swapped', /(output\[pixel \* \d+u \+ lane\] = value);/, '$1.yxzw;'),
  mutant('store: channels past the last written', /if \(4u \* lane \+ \d+u < \d+u\) (\{\s+output)/g, 'if (true) $1'),
  mutant('load: channels past the last read', /if \(4u \* lane \+ \d+u < \d+u\) (\{\s+value)/g, 'if (true) $1'),
  mutant('residual: left out', / \+ load_x\(pixel, lane\)/, ''),
  mutant('bias: the first lane for all', /(let bias\d = .*)threadColumn/g, '$10u'),
  mutant('bias: once for each part', /select\(vec4<f32>\(\), (.*), part == 0u\)/g, '$1'),
  mutant('activation: SiLU without its factor x', /return x \* gate;/, 'return gate;'),
  mutant('activation: ReLU without its zero', /select\(x, vec4<f32>\(\), x < vec4<f32>\(\)\)/, 'x'),
  mutant('conv: the first tap of a row dropped', /var filterColumn = 0u;/, 'var filterColumn = 1u;'),
  mutant('conv: the first row of the filter dropped', /var filterRow = 0u;/, 'var filterRow = 1u;'),
  mutant('conv: halves of a panel swapped', /(\(lane \/ 2u\) \* \d+u) \+ lane % 2u;/, '$1 + (lane + 1u) % 2u;'),
  mutant('conv: one pixel reads its neighbour', /values\[p \* (\d)u \+ filterColumn\]/, 'values[filterColumn]'),
  mutant('grouped conv: the first lane of a group alone', /let group = lane \/ (\d+)u \* \d+u;/, 'let group = 0u;'),
  mutant('padding: rows past the last read', /row >= i32\(uniforms\.inHeight\)/, 'false'),
  mutant('padding: the last column not read', /(column >= i32\(uniforms\.inWidth\))/, '$1 - 1'),
  mutant(
    'padding: expanded like pixels of the image',
    /let value = select\(vec4<f32>\(\), (.*), inside\);/,
    'let value = $1;',
  ),
  mutant('halo: one row too low', / - uniforms\.padTop;/, ';'),
  mutant('LayerNorm: the mean left in', / - mean\) \* scale/, ') * scale'),
  mutant('LayerNorm: a channel left out of the mean', /sum \+= vec4<f32>\(tile\[at\]\);/, ''),
  mutant(
    'LayerNorm: channels past the last in the variance',
    /select\(vec4<f32>\(\), (vec4<f32>\(tile\[.*\]\) - mean), .*;/g,
    '$1;',
  ),
  mutant('LayerNorm: epsilon left out', /\.0 \+ 0\.01\)/, '.0)'),
  mutant('LayerNorm: one of a team left out', /(partial\[team \* \d+u) \+ i\]/, '$1]'),
  mutant('product: two inputs swapped', /(let row = .*) \+ input\)/, '$1 + (input ^ 1u))'),
  mutant('product: a part left out', /turn < (\d+)u/, 'turn + 1u < $1u'),
  mutant('quads: two rows swapped', /(rows\[)0(\]\.x, rows\[)1/, '$11$20'),
  mutant('grouped conv: one input twice', /(fma\(w2, vec4<f32>\(value\[)2\]/, '$13]'),
  mutant('product: the last inputs of a slab left out', /inputs < (.*); inputs\+\+/, 'inputs + 1u < $1; inputs++'),
  mutant('staging: the last input left out', /(origin\.y \+ firstInput) < /g, '$1 + 1u < '),
  mutant('slabs: one twice', /let next = min\(slab \+ 1u,/, 'let next = min(slab,'),
  mutant('chunks: the last left out', /chunk < (\d+)u; chunk\+\+/, 'chunk + 1u < $1u; chunk++'),
  mutant('tiles: the last left out', /workgroup >= uniforms\.tiles/, 'workgroup + 1u >= uniforms.tiles'),
  mutant(
    'tiles: the last column of the image left out',
    /column < uniforms\.outWidth/,
    'column + 1u < uniforms.outWidth',
  ),
  mutant('batch: the second image left out', /let image = workgroup/, 'let image = 0u * workgroup'),
];

/** Blocks enough to reach every stage: the small ones thinned out, but for the one whose epsilon tells. */
const SWEEP: readonly Problem[] = [
  ...LAYERED_BLOCKS,
  ...SMALL_BLOCKS.filter(({spec}, i) => i % 3 === 0 || spec.layerNormEpsilon === 0.01),
].map(randomProblem);

mutantSuite('a mutant of each stage of the shaders is caught', MUTANTS, {problems: SWEEP, families: ['other']});
