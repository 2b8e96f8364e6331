import test from 'ava';
import { gaussLegendre, gaussPatterson, rightRiemann } from '../../dist/attribution/quadrature.js';

const integrate = (points: ArrayLike<number>, weights: ArrayLike<number>, f: (x: number) => number) => {
  let sum = 0;
  for (let s = 0; s < points.length; s++) sum += weights[s] * f(points[s]);
  return sum;
};

test('weights sum to 1 for every n, n = 1 included', (t) => {
  for (let n = 1; n <= 64; n++) {
    for (const rule of [gaussLegendre(n), rightRiemann(n)]) {
      t.is(rule.points.length, n);
      // n additions of weights near 1/n: a few units in the last place.
      t.true(Math.abs(integrate(rule.points, rule.weights, () => 1) - 1) < 1e-14);
    }
  }
});

test('Gauss-Legendre is exact to degree 2n - 1 and no further', (t) => {
  for (const n of [1, 2, 3, 5, 8, 16, 25]) {
    const { points, weights } = gaussLegendre(n);
    const error = (degree: number) =>
      Math.abs(integrate(points, weights, (x) => x ** degree) - 1 / (degree + 1));
    for (let degree = 0; degree < 2 * n; degree++) t.true(error(degree) < 1e-14, `n ${n}, degree ${degree}`);
    // The leading error term is (n!)^4 / ((2n+1) (2n)!^2); it is above rounding up to n = 5.
    if (n <= 5) t.true(error(2 * n) > 1e-7);
  }
});

test('Gauss-Patterson levels nest, are symmetric and exact to degree (3n + 1) / 2', (t) => {
  const { levels } = gaussPatterson(3);
  t.deepEqual(
    levels.map(({ size }) => size),
    [3, 7, 15, 31, 63],
  );
  const points: number[] = [];
  for (const { size, added, weights } of levels) {
    points.push(...added);
    t.is(points.length, size);
    t.is(new Set(points).size, size);
    t.is(weights.length, size);
    t.true(weights.every((weight) => weight > 0));
    t.true(points.every((point) => point > 0 && point < 1));
    const degree = size === 3 ? 5 : (3 * size + 1) / 2;
    for (let power = 0; power <= degree; power++) {
      const value = integrate(points, weights, (x) => x ** power);
      t.true(Math.abs(value - 1 / (power + 1)) < 5e-15, `${size} points, degree ${power}: ${value}`);
    }
  }
  t.deepEqual(
    gaussPatterson().levels.map(({ size }) => size),
    [7, 15, 31, 63],
  );
});

test('a number of steps that is no positive whole number is refused by name', (t) => {
  for (const n of [0, -1, 1.5, NaN]) {
    t.throws(() => gaussLegendre(n), { instanceOf: RangeError, message: /steps/ });
    t.throws(() => rightRiemann(n), { instanceOf: RangeError, message: /steps/ });
  }
});
