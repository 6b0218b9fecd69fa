import {Algebra, type Sum} from '../../src/parts/algebra.ts';
import {maximum, minimum} from '../../src/parts/clamps.ts';
import {partsOf, variance} from '../../src/parts/formulas.ts';

const m = new Algebra(1e-6);
const {x} = m;
const c = (value: number): Sum => m.constant(value);
const perChannel = (...values: number[]): Sum => m.constant(Float64Array.from(values));

describe('Algebra', () => {
  it('brings products and powers to one sum', () => {
    const squared = m.times(m.plus(x, c(1)), m.plus(x, c(1)))!;
    expect(m.same(squared, m.plus(m.power(x, 2)!, m.scaled(x, 2), c(1)))).toBe(true);
    expect(m.same(squared, m.plus(m.power(x, 2)!, x, c(1)))).toBe(false);
    expect(m.minus(squared, squared)).toEqual([]);
  });

  it('gives up sums of too many terms', () => {
    const atoms = Array.from({length: 8}, (_, i) => m.apply('tanh', m.plus(x, c(i + 1))));
    const sum = m.plus(...atoms);
    expect(m.times(sum, sum)).toBeNull();
  });

  it('divides by a single term alone', () => {
    expect(m.same(m.times(m.power(x, 3)!, m.power(m.scaled(x, 2), -2)!)!, m.scaled(x, 0.25))).toBe(true);
    expect(m.power(m.plus(x, c(1)), -1)).toBeNull();
  });

  it('knows equal functions for one, to the tolerance', () => {
    const erf = (factor: number): Sum => m.apply('erf', m.scaled(x, factor));
    expect(m.same(erf(Math.SQRT1_2), erf(Math.fround(Math.SQRT1_2)))).toBe(true);
    expect(m.same(erf(Math.SQRT1_2), erf(0.7071))).toBe(false);
  });

  it('writes odd functions with a positive argument', () => {
    expect(m.same(m.apply('tanh', m.scaled(x, -2)), m.scaled(m.apply('tanh', m.scaled(x, 2)), -1))).toBe(true);
    expect(m.same(m.apply('relu', m.scaled(x, -2)), m.scaled(m.apply('relu', m.scaled(x, 2)), -1))).toBe(false);
  });

  it('takes a sigmoid by its reciprocal', () => {
    const exp = m.apply('exp', m.scaled(x, -1));
    expect(m.same(m.reciprocal(m.plus(c(1), exp)), m.apply('sigmoid', x))).toBe(true);
    expect(m.same(m.reciprocal(m.plus(c(2), exp)), m.apply('sigmoid', x))).toBe(false);
  });

  it('takes out of a mean what is the same in every channel, and nothing else', () => {
    const mean = m.mean(x);
    expect(m.same(m.mean(m.plus(m.scaled(x, 3), mean, c(2))), m.plus(m.scaled(mean, 4), c(2)))).toBe(true);
    expect(m.same(m.mean(m.times(x, mean)!), m.power(mean, 2)!)).toBe(true);
    expect(m.same(m.mean(m.times(x, perChannel(1, 2))!), m.mean(x))).toBe(false);
    expect(m.same(m.mean(m.power(x, 2)!), m.power(mean, 2)!)).toBe(false);
  });

  it('has one variance for both of its formulas', () => {
    const deviation = m.minus(x, m.mean(x));
    expect(m.same(m.mean(m.power(deviation, 2)!), variance(m))).toBe(true);
  });
});

describe('partsOf', () => {
  it('tells an affine by channels', () => {
    const sum = m.plus(m.times(x, perChannel(2, 3))!, perChannel(0, 1));
    const [scale, shift] = [Float64Array.of(2, 3), Float64Array.of(0, 1)];
    expect(partsOf(sum, m)).toEqual([{kind: 'affine', scale, shift}]);
  });

  const normed = (epsilon: number, mean = m.mean(x)): Sum =>
    m.times(m.minus(x, mean), m.apply('rsqrt', m.plus(variance(m), c(epsilon))))!;
  it('tells LayerNorm with its epsilon', () => {
    expect(partsOf(normed(1e-5), m)).toEqual([
      {kind: 'layer-norm', epsilon: 1e-5},
      {kind: 'affine', scale: 1, shift: 0},
    ]);
  });

  const relu = (of: Sum): Sum => m.apply('relu', of);
  const negative = m.scaled(x, -1);
  it.each([
    ['relu(x) − s · relu(−x)', m.minus(relu(x), m.scaled(relu(negative), 0.25)), 0.25, 1],
    ['relu(x) and a share of x', m.plus(m.scaled(x, 0.25), m.scaled(relu(x), 0.75)), 0.25, 1],
    ['the greater of x and a share of it', maximum(m, x, m.scaled(x, 0.25)), 0.25, 1],
    ['a multiple of x inside', m.minus(relu(m.scaled(x, 2)), relu(m.scaled(x, -4))), 2, 2],
  ])('tells a PReLU by %s', (_, sum, slopes, scale) => {
    const part = {kind: 'activation', activation: 'prelu', slopes};
    expect(partsOf(sum, m)).toEqual(scale === 1 ? [part] : [part, {kind: 'affine', scale, shift: 0}]);
  });

  it.each([
    ['min(max(x, 0), 6)', minimum(m, maximum(m, x, []), c(6))],
    ['max(0, min(6, x))', maximum(m, [], minimum(m, c(6), x))],
    ['6 − min(max(6 − x, 0), 6)', m.minus(c(6), minimum(m, maximum(m, m.minus(c(6), x), []), c(6)))],
    ['6 · min(max(x/6, 0), 1)', m.scaled(minimum(m, maximum(m, m.scaled(x, 1 / 6), []), c(1)), 6)],
  ])('tells a ReLU6 by %s', (_, sum) => {
    expect(partsOf(sum, m)).toEqual([{kind: 'activation', activation: 'relu6'}]);
  });

  const norm = (offset = 0): Sum => {
    const energy = m.pixelSum(m.power(x, 2)!);
    return m.power(m.apply('rsqrt', offset === 0 ? energy : m.plus(energy, c(offset))), -1)!;
  };
  const responding = (n: Sum, epsilon: number): Sum =>
    m.times(x, m.times(n, m.reciprocal(m.plus(m.mean(n), c(epsilon))))!)!;
  it('tells a response norm with its epsilons and scale', () => {
    const gained = m.times(responding(norm(0.5), 1e-3), perChannel(2, 3))!;
    expect(partsOf(m.plus(x, gained, perChannel(5, 6)), m)).toEqual([
      {kind: 'response-norm', scale: Float64Array.of(2, 3), epsilon: 1e-3, normEpsilon: 0.5},
      {kind: 'affine', scale: 1, shift: Float64Array.of(5, 6)},
    ]);
  });

  it.each([
    ['a response norm without its input', responding(norm(), 1e-3)],
    [
      'a response norm whose mean is of another norm',
      m.plus(x, m.times(x, m.times(norm(0.5), m.reciprocal(m.plus(m.mean(norm()), c(1e-3))))!)!),
    ],
    ['a response norm below its epsilon', m.plus(x, responding(norm(), -1e-3))],
    ['a PReLU that is nothing above zero', m.minus(relu(negative), m.scaled(relu(m.scaled(x, -2)), 0.25))],
    ['a ReLU of x and a constant', relu(m.plus(x, c(1)))],
    ['a clamp from one side', minimum(m, x, c(6))],
    ['half of the mean taken off', normed(1e-5, m.scaled(m.mean(x), 0.5))],
    ['no mean taken off', normed(1e-5, [])],
    ['an epsilon below zero', normed(-1e-5)],
    ['an epsilon for each channel', m.times(x, m.apply('rsqrt', m.plus(variance(m), perChannel(1, 2))))!],
    ['x²', m.power(x, 2)!],
    ['nothing of x', c(3)],
    ['two activations', m.plus(m.apply('relu', x), m.apply('sigmoid', x))],
    ['SiLU with a constant inside', m.times(x, m.apply('sigmoid', m.plus(x, c(1))))!],
  ])('knows no part for %s', (name, sum) => {
    expect([name, partsOf(sum, m)]).toEqual([name, null]);
  });
});
