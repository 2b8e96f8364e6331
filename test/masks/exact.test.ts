import test from 'ava';
import {
  commonIntegers,
  decompose,
  exactSumSign,
  holdsInFloat64,
  satisfiesExactly,
} from '../../dist/masks/exact.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { feasibleMasks } from '../support/brute-force.js';
import { randomProblem } from '../support/random-problems.js';
import { randomNumbers } from '../support/random-numbers.js';

test('a double is its mantissa times a power of two, denormals and extremes too', (t) => {
  for (const value of [0, 1, -1, 0.1, 5e-324, -5e-324, 2 ** -1022, Number.MAX_VALUE, -1e-300, 3 * 2 ** 60]) {
    const { mantissa, exponent } = decompose(value);
    // Scaled in two steps: 2^exponent alone may be out of range.
    t.is(
      Number(mantissa) * 2 ** Math.trunc(exponent / 2) * 2 ** (exponent - Math.trunc(exponent / 2)),
      value,
    );
  }
  t.deepEqual(commonIntegers([0.5, -2, 0]), {
    integers: [1n << 51n, -(1n << 53n), 0n].map((v) => v << 1n),
    exponent: -53,
  });
});

test('signs of sums that float64 gets wrong', (t) => {
  t.is(exactSumSign([1e16, 1, -1e16]), 1);
  t.is(exactSumSign([1e300, 1e-300, -1e300]), 1);
  t.is(exactSumSign([1e300, -1e-300, -1e300]), -1);
  t.is(exactSumSign([0.1, 0.2, -0.3]), 1); // 0.1 + 0.2 exceeds 0.3 by 2^-54 or so, exactly
  t.is(exactSumSign([Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, -Number.MAX_VALUE]), 0);
  t.is(exactSumSign([5e-324, -5e-324]), 0);
  t.is(exactSumSign([]), 0);
});

test('exact checks equal brute force, and what holds in float64 holds in every order', async (t) => {
  for (let seed = 0; seed < 150; seed++) {
    const problem = randomProblem(seed, 7);
    const csr = await validateProblem(problem);
    const feasible = feasibleMasks(problem);
    const random = randomNumbers(seed);
    for (let bits = 0; bits < feasible.length; bits++) {
      const mask = Uint8Array.from({ length: problem.variables }, (_, j) => (bits >> j) & 1);
      if (satisfiesExactly(csr, mask) !== (feasible[bits] === 1)) t.fail(`seed ${seed}, mask ${bits}`);
      if (!holdsInFloat64(csr, mask)) continue;
      for (const row of problem.rows) {
        const terms = Array.from(row.coefficients).filter((_, at) => mask[row.columns[at]]);
        const shuffled = terms.map((value) => ({ value, key: random() })).sort((a, b) => a.key - b.key);
        const sum = shuffled.reduce((total, { value }) => total + value, 0);
        if (!(sum > row.lower)) t.fail(`seed ${seed}, mask ${bits}: breaks in float64`);
      }
    }
  }
  t.pass();
});
