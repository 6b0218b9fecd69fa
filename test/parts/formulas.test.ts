/** Constants of formulas: what rounding to float32 makes is nothing, what is more is kept beside the part or measured. */
import type {Activation} from '../../ops/block.ts';
import {activate} from '../../ops/reference/activation.ts';
import {Algebra, type Sum} from '../../src/parts/algebra.ts';
import {evaluate} from '../../src/parts/evaluate.ts';
import {partsOf, variance} from '../../src/parts/formulas.ts';

const m = new Algebra(1e-3);
const {x} = m;

const hardSwish = (sixth: number, three = 3): Sum =>
  m.times(m.scaled(x, sixth), m.apply('relu6', m.plus(x, m.constant(three))))!;
const gelu = (rootHalf: number, ofGate = 0.5): Sum =>
  m.plus(m.scaled(x, 0.5), m.times(m.scaled(x, ofGate), m.apply('erf', m.scaled(x, rootHalf)))!);
const affine = (scale: number): object => ({kind: 'affine', scale, shift: 0});
const near = (value: number): number => expect.closeTo(value, 12) as number;

describe('partsOf', () => {
  it.each([
    ['1/6', hardSwish(1 / 6)],
    ['the float32 nearest to 1/6', hardSwish(Math.fround(1 / 6))],
  ])('has hard-swish alone for %s', (_, sum) => {
    expect(partsOf(sum, m)).toEqual([{kind: 'activation', activation: 'hard-swish'}]);
  });

  it.each([1 / 6 + 1e-6, 0.16662598, 0.5])('keeps the scale of a hard-swish by %d', (sixth) => {
    const activation = {kind: 'activation', activation: 'hard-swish'};
    expect(partsOf(hardSwish(sixth), m)).toEqual([activation, affine(near(6 * sixth))]);
  });

  it('keeps a factor inside of GELU by scales before and after', () => {
    const factor = 0.70703 / Math.SQRT1_2;
    const activation = {kind: 'activation', activation: 'gelu'};
    expect(partsOf(gelu(0.70703), m)).toEqual([affine(factor), activation, affine(near(1 / factor))]);
    expect(partsOf(gelu(Math.fround(Math.SQRT1_2)), m)).toEqual([activation]);
  });

  it('measures what it cannot keep, against the largest output for inputs from −4 to 4', () => {
    const [part] = partsOf(gelu(Math.SQRT1_2, 0.5 + 5e-6), m) as [object];
    // The gate's x/2 becomes 1e-5 of itself larger, which is most at the ends: 4 · 5e-6 of 4.
    const approximation = {part: 'gelu', error: expect.closeTo(5e-6, 8) as number};
    expect(part).toEqual({kind: 'activation', activation: 'gelu', approximation});
  });

  it.each([
    ['GELU', gelu(Math.SQRT1_2, 0.5002), /^gelu with other constants: off by 0.0002 of its largest output/],
    ['hard-swish', hardSwish(1 / 6, 3.002), /^hard-swish with other constants/],
  ])('refuses a %s that is too far off', (_, sum, reason) => {
    expect(partsOf(sum, m)).toEqual(expect.stringMatching(reason));
  });

  it('keeps a factor of the variance in epsilon and the scale', () => {
    const factor = 1.0005;
    const spread = m.plus(m.scaled(variance(m), factor), m.constant(1e-3));
    const normed = m.times(m.minus(x, m.mean(x)), m.apply('rsqrt', spread))!;
    expect(partsOf(normed, m)).toEqual([
      {kind: 'layer-norm', epsilon: near(1e-3 / factor)},
      affine(near(1 / Math.sqrt(factor))),
    ]);
  });
});

describe('evaluate', () => {
  const inputs = Float64Array.of(-5, -1.5, -0.25, 0, 0.25, 1.5, 5);
  it('gives the values of functions', () => {
    const expected = (activation: Activation, digits: number): unknown =>
      Array.from(inputs, (v) => expect.closeTo(activate(activation, v), digits) as number);
    expect(Array.from(evaluate(hardSwish(1 / 6), inputs))).toEqual(expected('hard-swish', 12));
    expect(Array.from(evaluate(m.apply('elu', x), inputs))).toEqual(expected('elu', 12));
    expect(Array.from(evaluate(m.apply('sigmoid', x), inputs))).toEqual(expected('sigmoid', 12));
    expect(Array.from(evaluate(gelu(Math.SQRT1_2), inputs))).toEqual(expected('gelu', 3));
  });

  it('gives means, and a coefficient for each channel', () => {
    const sum = m.plus(m.times(m.mean(x), m.constant(Float64Array.of(1, 2, 3)))!, m.power(x, 2)!);
    expect(evaluate(sum, Float64Array.of(1, 2, 6))).toEqual(Float64Array.of(4, 10, 45));
  });
});
