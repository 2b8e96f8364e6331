import test from 'ava';
import { COEFFICIENT_BITS, roundRows, satisfiesIntegerRows } from '../../dist/masks/integer-rows.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { feasibleMasks } from '../support/brute-force.js';
import { KINDS, randomProblem } from '../support/random-problems.js';
import { randomNumbers } from '../support/random-numbers.js';

test('floor ⊆ truth ⊆ ceiling on every mask of random problems of every scale', async (t) => {
  let accepted = 0;
  for (let seed = 0; seed < 400; seed++) {
    const problem = randomProblem(seed, 8);
    const { floor, ceiling } = roundRows(await validateProblem(problem));
    const feasible = feasibleMasks(problem);
    for (let bits = 0; bits < feasible.length; bits++) {
      const mask = Uint8Array.from({ length: problem.variables }, (_, j) => (bits >> j) & 1);
      if (satisfiesIntegerRows(floor, mask)) {
        accepted++;
        if (!feasible[bits]) t.fail(`seed ${seed}: the floor model accepts the infeasible mask ${bits}`);
      }
      if (feasible[bits] && !satisfiesIntegerRows(ceiling, mask)) {
        t.fail(`seed ${seed}: the ceiling model refuses the feasible mask ${bits}`);
      }
    }
  }
  t.true(accepted > 1000);
});

test('rows of small integers are kept exactly: floor and ceiling are the same', async (t) => {
  const csr = await validateProblem({
    variables: 3,
    rows: [{ columns: [0, 1, 2], coefficients: [3, -2, 7], lower: 4 }],
  });
  const { floor, ceiling } = roundRows(csr);
  t.deepEqual(floor.coefficients, ceiling.coefficients);
  t.deepEqual(floor.bounds, ceiling.bounds);
});

test('coefficients fit their bits and a row of 100,000 sums below 2^31', async (t) => {
  const random = randomNumbers(1);
  for (const draw of Object.values(KINDS)) {
    const length = 100_000;
    const csr = await validateProblem({
      variables: length,
      rows: [
        {
          columns: Array.from({ length }, (_, j) => j),
          coefficients: Array.from({ length }, () => draw(random)),
          lower: 0,
        },
      ],
    });
    for (const model of Object.values(roundRows(csr))) {
      let sum = 0;
      let largest = 0;
      for (const coefficient of model.coefficients) {
        sum += Math.abs(coefficient);
        largest = Math.max(largest, Math.abs(coefficient));
      }
      t.true(sum < 2 ** 31);
      t.true(largest <= 2 ** COEFFICIENT_BITS);
      t.true(Math.abs(model.bounds[0]) <= 2 ** 31);
    }
  }
});

test('a column that a row names twice is merged', async (t) => {
  const csr = await validateProblem({
    variables: 2,
    rows: [
      { columns: [0, 1, 0], coefficients: [1, 4, 2], lower: 2 },
      { columns: [0], coefficients: [1], lower: 0 },
    ],
  });
  const { floor } = roundRows(csr);
  t.deepEqual([...floor.offsets], [0, 2, 3]);
  t.is(floor.coefficients[0] / floor.coefficients[1], 3 / 4);
});
