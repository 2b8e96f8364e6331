import test from 'ava';
import { satisfiesIntegerRows } from '../../dist/masks/integer-rows.js';
import { roundRows } from '../../dist/masks/integer-rows.js';
import { validateProblem } from '../../dist/masks/validate.js';
import {
  closestVariables,
  neighbourhood,
  withNeighbourhood,
} from '../../dist/solvers/search/neighbourhood.js';
import { SearchRows } from '../../dist/solvers/search/search-rows.js';
import { randomProblem } from '../support/random-problems.js';

test('a neighbourhood accepts exactly the values that keep the whole mask feasible', async (t) => {
  let compared = 0;
  for (let seed = 0; seed < 200; seed++) {
    const problem = roundRows(await validateProblem(randomProblem(seed))).floor;
    const all = new Uint8Array(problem.variables).fill(1);
    if (problem.variables < 3 || !satisfiesIntegerRows(problem, all)) continue;
    const rows = new SearchRows(problem);
    const variables = closestVariables(rows, seed % problem.variables, 4);
    const part = neighbourhood(rows, all, variables);
    t.is(part.ones, variables.length);
    for (let bits = 0; bits < 2 ** variables.length; bits++) {
      const values = Uint8Array.from(variables, (_, at) => (bits >> at) & 1);
      const whole = withNeighbourhood(all, part, values);
      t.is(satisfiesIntegerRows(part.problem, values), satisfiesIntegerRows(problem, whole), `seed ${seed}`);
      compared++;
    }
  }
  t.true(compared > 200, `${compared}`);
});

test('the closest variables are those that share rows, nearest ring first', (t) => {
  // A path: rows {0,1}, {1,2}, …, {8,9}.
  const problem = {
    variables: 10,
    offsets: Uint32Array.from({ length: 10 }, (_, row) => 2 * row),
    columns: Uint32Array.from({ length: 18 }, (_, at) => (at >> 1) + (at & 1)),
    coefficients: new Int32Array(18).fill(1),
    bounds: new Float64Array(9).fill(1),
  };
  const rows = new SearchRows(problem);
  t.deepEqual([...closestVariables(rows, 5, 3)], [4, 5, 6]);
  t.deepEqual([...closestVariables(rows, 0, 4)], [0, 1, 2, 3]);
  t.is(closestVariables(rows, 0, 100).length, 10);
});
