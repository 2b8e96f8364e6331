import test from 'ava';
import { roundRows } from '../../dist/masks/integer-rows.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { splitComponents } from '../../dist/solvers/pipeline/components.js';
import { enumerateSmallest } from '../../dist/solvers/pipeline/enumeration.js';
import { shrinkGreedily } from '../../dist/solvers/search/greedy.js';
import { satisfiesIntegerRows } from '../../dist/masks/integer-rows.js';
import { permute } from '../../dist/solvers/provers/permute.js';
import { presolve } from '../../dist/solvers/pipeline/presolve.js';
import { disjointRowsBound } from '../../dist/solvers/bounds/disjoint-rows.js';
import { refutations } from '../../dist/solvers/pipeline/refute.js';
import { bruteForce, feasibleMasks, maskNumber } from '../support/brute-force.js';
import { randomProblem } from '../support/random-problems.js';

/** Masks of the whole problem that agree with what presolve decided. */
function agreeing(values: Uint8Array, count: number): number[] {
  return Array.from({ length: count }, (_, bits) => bits).filter((bits) =>
    values.every((value, j) => value === 2 || ((bits >> j) & 1) === value),
  );
}

test('presolve keeps a smallest mask; with keepAll it keeps every feasible one', async (t) => {
  for (let seed = 0; seed < 500; seed++) {
    const problem = randomProblem(seed, 9);
    const csr = await validateProblem(problem);
    const feasible = feasibleMasks(problem);
    const { status, size, bySize } = bruteForce(problem);
    const reduced = presolve(csr, roundRows(csr));
    if (reduced.infeasible) t.is(status, 'infeasible', `seed ${seed}`);
    else if (status === 'optimal') {
      const kept = agreeing(reduced.values, feasible.length).filter((bits) => feasible[bits]);
      const sizes = kept.map((bits) => bits.toString(2).replaceAll('0', '').length);
      t.is(Math.min(...sizes), size, `seed ${seed}`);
    }
    const all = presolve(csr, roundRows(csr), { keepAll: true });
    const total = bySize.reduce((sum, count) => sum + count, 0);
    const kept = all.infeasible ? [] : agreeing(all.values, feasible.length).filter((bits) => feasible[bits]);
    t.is(kept.length, total, `seed ${seed}`);
  }
});

test('components are disjoint, cover what is free, and their optima add up', async (t) => {
  for (let seed = 0; seed < 300; seed++) {
    const problem = randomProblem(seed, 12);
    const csr = await validateProblem(problem);
    const reduced = presolve(csr, roundRows(csr));
    if (reduced.infeasible) continue;
    const components = splitComponents(reduced);
    const covered = components.flatMap(({ variables }) => [...variables]).sort((a, b) => a - b);
    t.deepEqual(covered, [...reduced.free]);
    const whole = enumerateSmallest(reduced.reduced.ceiling);
    const parts = components.map(({ ceiling }) => enumerateSmallest(ceiling));
    const sizeOf = (mask: Uint8Array | null) => mask?.reduce((sum, value) => sum + value, 0) ?? NaN;
    t.is(
      sizeOf(whole.mask),
      parts.reduce((sum, { mask }) => sum + sizeOf(mask), 0),
      `seed ${seed}`,
    );
  }
});

test('enumeration under a truth stricter than its rows finds the truth’s smallest mask', async (t) => {
  for (let seed = 0; seed < 300; seed++) {
    const problem = randomProblem(seed, 9);
    const feasible = feasibleMasks(problem);
    const { status, size } = bruteForce(problem);
    const { ceiling } = roundRows(await validateProblem(problem));
    const found = enumerateSmallest(ceiling, { accepts: (mask) => feasible[maskNumber(mask)] === 1 });
    t.true(found.complete);
    t.is(found.mask === null, status === 'infeasible');
    if (found.mask)
      t.is(
        found.mask.reduce((sum, value) => sum + value, 0),
        size,
      );
  }
});

test('refutations hold for every feasible mask and not for the one refuted', async (t) => {
  let cuts = 0;
  for (let seed = 0; seed < 200; seed++) {
    const problem = randomProblem(seed, 7);
    const csr = await validateProblem(problem);
    const feasible = feasibleMasks(problem);
    for (let bits = 0; bits < feasible.length; bits += 3) {
      const mask = Uint8Array.from({ length: problem.variables }, (_, j) => (bits >> j) & 1);
      const rows = refutations(csr, mask, problem.variables);
      t.is(rows.length === 0, feasible[bits] === 1);
      for (const { columns, coefficients, bound } of rows) {
        cuts++;
        const sumOf = (number: number) => {
          let sum = 0;
          for (let at = 0; at < columns.length; at++)
            if ((number >> columns[at]) & 1) sum += coefficients[at];
          return sum;
        };
        if (sumOf(bits) >= bound) t.fail(`seed ${seed}: the cut spares its mask`);
        feasible.forEach((holds, other) => {
          if (holds && sumOf(other) < bound)
            t.fail(`seed ${seed}: the cut removes the feasible mask ${other}`);
        });
      }
    }
  }
  t.true(cuts > 100);
});

test('a permuted problem is the same problem', async (t) => {
  for (let seed = 1; seed < 100; seed++) {
    const { ceiling } = roundRows(await validateProblem(randomProblem(seed, 8)));
    const { problem, position } = permute(ceiling, seed);
    t.deepEqual(
      [...position].sort((a, b) => a - b),
      [...position.keys()],
    );
    for (let bits = 0; bits < 2 ** ceiling.variables; bits++) {
      const mask = Uint8Array.from({ length: ceiling.variables }, (_, j) => (bits >> j) & 1);
      const moved = new Uint8Array(mask.length);
      position.forEach((to, j) => (moved[to] = mask[j]));
      if (satisfiesIntegerRows(problem, moved) !== satisfiesIntegerRows(ceiling, mask))
        t.fail(`seed ${seed}`);
    }
  }
});

test('the greedy mask is feasible and nothing can be taken from it', async (t) => {
  for (let seed = 0; seed < 300; seed++) {
    const { floor } = roundRows(await validateProblem(randomProblem(seed, 12)));
    const mask = shrinkGreedily(floor);
    t.is(mask === null, !satisfiesIntegerRows(floor, new Uint8Array(floor.variables).fill(1)));
    if (mask === null) continue;
    t.true(satisfiesIntegerRows(floor, mask), `seed ${seed}`);
  }
});

test('disjoint rows never bound from above', async (t) => {
  let tight = 0;
  for (let seed = 0; seed < 400; seed++) {
    const problem = randomProblem(seed, 9);
    const { status, size } = bruteForce(problem);
    const bound = disjointRowsBound(roundRows(await validateProblem(problem)).ceiling);
    if (status === 'optimal') t.true(bound <= size, `seed ${seed}`);
    if (status === 'optimal' && size > 0 && bound === size) tight++;
  }
  t.true(tight > 50);
});
