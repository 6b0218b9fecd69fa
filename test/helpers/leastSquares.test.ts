import {leastSquares} from './leastSquares.ts';

it('finds the unknowns of equations that agree', () => {
  const found = leastSquares(
    ['a', 'b'],
    [
      {factors: {a: 1, b: 2}, value: 8},
      {factors: {a: 3, b: 1}, value: 9},
      {factors: {a: 1}, value: 2},
    ],
  );
  expect(found.a).toBeCloseTo(2, 9);
  expect(found.b).toBeCloseTo(3, 9);
});

it('weighs errors as shares: 1 and 2 as two values of one thing are not 1.5', () => {
  // The sum of (a − 1)² and (a/2 − 1)² is least at 1.2.
  const {a} = leastSquares(
    ['a'],
    [
      {factors: {a: 1}, value: 1},
      {factors: {a: 1}, value: 2},
    ],
  );
  expect(a).toBeCloseTo(1.2, 9);
});

it('keeps unknowns at their least value, and fits the others to that', () => {
  const equations = [
    {factors: {a: 1, b: 1}, value: 1},
    {factors: {a: 1, b: 2}, value: 0.5},
  ];
  const {a, b, c} = leastSquares(['a', 'b', 'c'], equations, {c: 1});
  // Without a bound b would be −0.5. With b = 0 the best is (1 + 2) ÷ (1 + 4).
  expect(a).toBeCloseTo(0.6, 6);
  expect(b).toBe(0);
  expect(c).toBe(1);
  expect(leastSquares(['a', 'b'], equations, {b: 0.1}).b).toBe(0.1);
});
