/**
 * The same for the parts that few blocks have: an activation after the sum, PReLU, separable blocks, and two sweeps.
 *
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import {blockSpec} from '../../../ops/block.ts';
import {type BlockCase, CONV_FIRST, PART_BLOCKS} from '../../helpers/blockCases.ts';
import {randomProblem} from '../../helpers/forcedPlans.ts';
import {type Mutant, mutant, mutantSuite} from '../../helpers/shaderMutants.ts';

const MUTANTS: readonly Mutant[] = [
  mutant(
    'activation: before the sum',
    /act_(\w+)\(sum \+ load_x\(pixel, lane\)\)\);/,
    'act_$1(sum) + load_x(pixel, lane));',
  ),
  mutant('activation: hard-sigmoid without its sixth', /return \(1\.0 \/ 6\.0\) \* select/, 'return select'),
  mutant('PReLU: the slopes of the first lane for all', /(act_prelu\(.*params\[\d+u) \+ [^\]]*\]/g, '$1]'),
  mutant('PReLU: the slope left out', /x \* slope/, 'x'),
  mutant('separable: a neighbour convolved', /(firstRow \+ row, firstColumn) \+ column, hiddenLane/, '$1, hiddenLane'),
  mutant('sums: a row left out', /(var row = )0u(; row < \d+u; row\+\+\) \{\s+sum \+= summed)/, '$11u$2'),
  mutant(
    'sums: those of joined parts, a row left out',
    /(var row = )0u(; row < \d+u; row\+\+\) \{\s+sum \+= weights)/,
    '$11u$2',
  ),
  mutant('sums: in the place of the next tile', /tileSums\[workgroup \*/, 'tileSums[(workgroup ^ 1u) *'),
  mutant('sums: pixels of the next image', / < endPixel\)/g, ' < endPixel + 1u)'),
  mutant('sums: a pixel for all', /sum \+= value;/, 'sum = value;'),
  mutant('sums: no squares', /return value \* value;/, 'return value;'),
  mutant('gates: a tile left out', /let exists = tile < uniforms\.sums;/, 'let exists = tile + 1u < uniforms.sums;'),
  mutant(
    'gates: the tiles of another image',
    /load_tileSums\(image \* uniforms\.sums/,
    'load_tileSums((image ^ 1u) * uniforms.sums',
  ),
  mutant('gates: one part for all', /sum \+= partial\[part \* \d+u \+ lane\];/, 'sum = partial[lane];'),
  mutant('gates: the sum for the mean', / \/ f32\(uniforms\.outHeight \* uniforms\.outWidth\)/, ''),
  mutant('gates: an input of the first product twice', /vec4<f32>\(means\[(\w+)\]\)/, 'vec4<f32>(means[$1 | 1u])'),
  mutant(
    'gates: one part of the first product for all',
    /sum \+= partial\[lane \* \d+u \+ part\];/,
    'sum += partial[lane];',
  ),
  mutant(
    'gates: two inputs of the second product swapped',
    /vec4<f32>\(reduced\[(\w+)\]\)/,
    'vec4<f32>(reduced[$1 ^ 1u])',
  ),
  mutant('gates: not activated', /(output\[image \* \d+u \+ lane\]|gates\[lane\]) = act_\w+\(sum\);/, '$1 = sum;'),
  mutant('norm: γ of the first lane for all', /(1\.0 \+ vec4<f32>\(params\[\d+u) \+ lane\]/, '$1]'),
  mutant('norm: the one left out', /let factor = 1\.0 \+ /, 'let factor = '),
  mutant('norm: one lane for all in the mean', /total \+= totals\[i\];/, 'total += totals[0];'),
  mutant('norm: the epsilon of the mean left out', /(let divisor = total \/ \d+\.0) \+ 0\.001/, '$1'),
  mutant(
    'norm: the epsilon of the root left out',
    /sqrt\(image_sum\(image, lane\) \+ 0\.01\)/,
    'sqrt(image_sum(image, lane))',
  ),
  mutant('norm: the padding of the last lane in the mean', /select\(vec4<f32>\(\), (sqrt\(.*\)), 4u .*;/, '$1;'),
  mutant('gated: by the gates of another image', /load_gates\(image, lane\)/g, 'load_gates(image ^ 1u, lane)'),
  mutant('gated: by those of the first lane', /load_gates\(image, lane\)/g, 'load_gates(image, 0u)'),
  mutant('gated: by those of the first lane, of its own', /(rows\[3\], .*)gates\[lane\]/, '$1gates[0]'),
  mutant('gated: all but a row', /fetched\[1\] \* fetched\[4\]/, 'fetched[1]'),
  mutant('gated: weights by the gate of another input', /\[input % 4u\]/, '[(input + 1u) % 4u]'),
  mutant('gated: weights by the gate of another image', /gates\[image \*/, 'gates[(image ^ 1u) *'),
  mutant('gated: not activated', /act_hard_swish\((fetched\[2\] \* fetched\[4\])\)/, '$1'),
  mutant('tiles: of an image one twice', /(let firstPixel = image \* uniforms\.outWidth \+ workgroup) %/, '$1 / 2u %'),
];

/** A norm of other epsilons than any kernel may leave out, and whose last lane is no whole one. */
const RAGGED: BlockCase = {
  spec: blockSpec({
    ...{...CONV_FIRST, inChannels: 13, outChannels: 13, hiddenChannels: 43, groupWidth: 1},
    responseNorm: {epsilon: 1e-6, normEpsilon: 0.5},
  }),
  ...{height: 5, width: 4},
};

/** Blocks of each of those parts: thinned out, but for those whose epsilon tells. */
const SWEEP = [...PART_BLOCKS.filter(({spec}, i) => i % 3 === 0 || spec.responseNorm?.epsilon === 1e-3), RAGGED].map(
  randomProblem,
);

// The tiles of Intel's GPUs gate weights.
mutantSuite('a mutant of each rare part of the shaders is caught', MUTANTS, {
  problems: SWEEP,
  families: ['other', 'intel'],
});
