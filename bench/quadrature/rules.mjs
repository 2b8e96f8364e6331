// The rules that the quadrature benchmark compares, on [0, 1], and the orders in which they are tried.
import { join } from 'node:path';
import { root } from '../../scripts/native-deps.mjs';

const { gaussLegendre, gaussPatterson } = await import(join(root, 'dist/attribution/quadrature.js'));

/** Clenshaw–Curtis with n + 1 points: α = (1 − cos(kπ/n)) / 2 (Clenshaw, Curtis 1960); n even, nested when doubled. */
function clenshawCurtis(n) {
  const points = [];
  const weights = [];
  for (let k = 0; k <= n; k++) {
    let sum = 0;
    for (let j = 1; j <= n / 2; j++) {
      sum += ((2 * j === n ? 1 : 2) / (4 * j * j - 1)) * Math.cos((2 * j * k * Math.PI) / n);
    }
    points.push((1 - Math.cos((k * Math.PI) / n)) / 2);
    weights.push(((k === 0 || k === n ? 1 : 2) * (1 - sum)) / n / 2);
  }
  return { points, weights };
}

/** The reference implementation's: right ends of n equal parts. */
function rightRiemann(n) {
  return { points: Array.from({ length: n }, (_, i) => (i + 1) / n), weights: new Array(n).fill(1 / n) };
}

function patterson(size) {
  const { levels } = gaussPatterson(3);
  const upTo = levels.filter((level) => level.size <= size);
  return { points: upTo.flatMap(({ added }) => [...added]), weights: [...upTo.at(-1).weights] };
}

function legendre(size) {
  const { points, weights } = gaussLegendre(size);
  return { points: [...points], weights: [...weights] };
}

/** α = t^power: dα = power·t^(power − 1) dt. */
function substituted({ points, weights }, power) {
  return {
    points: points.map((t) => t ** power),
    weights: weights.map((w, i) => w * power * points[i] ** (power - 1)),
  };
}

/** Rules as [family, points and weights]. */
export const rules = [
  ...[3, 7, 15, 31, 63].map((size) => ['Gauss–Patterson', patterson(size)]),
  ...[4, 8, 16, 24, 50].map((size) => ['Gauss–Legendre', legendre(size)]),
  ...[9, 17, 33, 65].map((size) => ['Clenshaw–Curtis', clenshawCurtis(size - 1)]),
  ...[0.75, 1.5, 2].flatMap((power) =>
    [7, 15].map((size) => [`Gauss–Patterson, α = t^${power}`, substituted(patterson(size), power)]),
  ),
  ...[50, 200].map((size) => ['right Riemann', rightRiemann(size)]),
];

/** Orders of rules: each is tried after the one before missed; points are counted once, whoever uses them. */
export const orders = [
  ['Gauss–Patterson 7, 15, 31, 63', [7, 15, 31, 63].map(patterson)],
  ['Gauss–Patterson 3, 7, 15, 31, 63', [3, 7, 15, 31, 63].map(patterson)],
  ['Gauss–Legendre 8, 16, 24, 50', [8, 16, 24, 50].map(legendre)],
  ['Clenshaw–Curtis 9, 17, 33, 65', [9, 17, 33, 65].map((size) => clenshawCurtis(size - 1))],
];
