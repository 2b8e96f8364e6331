// Cores of the linear relaxation: what they hold, what they leave open, and what the multipliers are worth.
import { satisfiesIntegerRows } from '../../dist/masks/integer-rows.js';
import { sizeOfMask } from '../../dist/masks/mask-cost.js';
import { fastestLemmaSearch } from '../../dist/solvers/bounds/lemma-search.js';
import { coreProblems } from '../../dist/solvers/search/core-problems.js';
import { withNeighbourhood } from '../../dist/solvers/search/neighbourhood.js';
import { randomIntegerProblem } from '../support/integer-problems.js';
import { solverAddon, testWith } from '../support/needs.js';
import { randomNumbers } from '../support/random-numbers.js';

const native = testWith(solverAddon);
const make = fastestLemmaSearch(true)!;

native('multipliers bound what the relaxation costs from below, and mostly meet it', (t) => {
  let solved = 0;
  let met = 0;
  for (let seed = 0; seed < 200; seed++) {
    const random = randomNumbers(seed);
    const problem = randomIntegerProblem(random, 6 + Math.floor(random() * 30), 2 + Math.floor(random() * 8));
    const search = make(problem, problem.variables + 1, false);
    const values = search.relaxation();
    if (values.length === 0) continue;
    solved++;
    const multipliers = search.multipliers();
    const prices = new Float64Array(problem.variables).fill(1);
    let dual = 0;
    problem.bounds.forEach((bound, row) => {
      t.true(multipliers[row] >= 0);
      dual += bound * multipliers[row];
      for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++)
        prices[problem.columns[at]] -= multipliers[row] * problem.coefficients[at];
    });
    for (const price of prices) dual += Math.min(0, price);
    const primal = values.reduce((sum, value) => sum + value, 0);
    // Floating point throughout; what is proven by multipliers is evaluated in integers elsewhere.
    const slack = 1e-6 * Math.max(1, primal);
    t.true(dual <= primal + slack, `seed ${seed}: ${primal}, ${dual}`);
    // Where the root fixed variables, the point is that of a smaller problem and costs more.
    if (dual >= primal - slack) met++;
  }
  t.true(met > 0.6 * solved, `${met} of ${solved}`);
  t.true(solved > 100, String(solved));
});

native('a solution of a core, put back, satisfies every row that has one of its variables', (t) => {
  let found = 0;
  for (let seed = 0; seed < 100; seed++) {
    const random = randomNumbers(1000 + seed);
    const problem = randomIntegerProblem(random, 30, 4);
    const whole = make(problem, problem.variables + 1, false);
    const values = whole.relaxation();
    if (values.length === 0) continue;
    const relaxed = { values, multipliers: whole.multipliers() };
    const sizes: number[] = [];
    for (const { part, around, held } of coreProblems(problem, relaxed, [5, 12, 30, 31])) {
      sizes.push(part.variables.length);
      t.is(
        held,
        around.reduce((sum, value, j) => sum + (part.variables.includes(j) ? 0 : value), 0),
      );
      const search = make(part.problem, part.variables.length + 1, false);
      let answer = search.resume(1000);
      while (answer.state === 'running') answer = search.resume(1000);
      if (answer.state !== 'candidate') continue;
      found++;
      const mask = withNeighbourhood(around, part, answer.candidate!);
      t.is(sizeOfMask(mask), held + sizeOfMask(answer.candidate!));
      // All variables are in every row here, or in the largest core.
      if (part.variables.length === 30) t.true(satisfiesIntegerRows(problem, mask), `seed ${seed}`);
    }
    t.deepEqual(sizes, [5, 12, 30]);
  }
  t.true(found > 100, String(found));
});
