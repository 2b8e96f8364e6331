// `npm run soak -- solver [--count N] [--first SEED] [--solver native|wasm]`: random mask problems of every scale
// against brute force in exact arithmetic, for as long as it takes. Prints problems, wrong answers and faults caught.
import { parseArgs } from 'node:util';
import { solveMask } from '../dist/solvers/solve-mask.js';
import { bruteForce, feasibleMasks, maskNumber } from '../test/masks/brute-force.ts';
import { randomProblem } from '../test/masks/random-problems.ts';

const AT_ONCE = 8;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '100000' },
    first: { type: 'string', default: '1000000' },
    solver: { type: 'string', default: 'auto' },
  },
});
if (positionals.length !== 1 || positionals[0] !== 'solver') {
  console.error('usage: npm run soak -- solver [--count N] [--first SEED] [--solver native|wasm]');
  process.exit(2);
}

const count = Number(values.count);
const first = Number(values.first);
const totals = { problems: 0, optimal: 0, infeasible: 0, wrong: 0, faults: 0 };

async function check(seed) {
  const problem = randomProblem(seed);
  const truth = bruteForce(problem);
  const solution = await solveMask(problem, { solver: values.solver, timeLimit: 60 });
  totals.problems += 1;
  if (truth.status === 'infeasible') totals.infeasible += 1;
  else totals.optimal += 1;
  totals.faults += solution.report?.faults ?? 0;
  const right =
    solution.status === truth.status &&
    (truth.status === 'infeasible'
      ? solution.mask === null
      : solution.size === truth.size &&
        solution.lowerBound === truth.size &&
        feasibleMasks(problem)[maskNumber(solution.mask)]);
  if (right) return;
  totals.wrong += 1;
  console.log(
    `WRONG seed ${seed}: expected ${truth.status} ${truth.size ?? ''}, got ${solution.status} ${solution.size}, bound ${solution.lowerBound}`,
  );
}

const line = () =>
  Object.entries(totals)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ');
let last = performance.now();
for (let seed = first; seed < first + count; seed += AT_ONCE) {
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, first + count - seed) }, (_, at) => check(seed + at)),
  );
  if (performance.now() - last > 10_000) {
    last = performance.now();
    console.error(line());
  }
}
console.log(line());
process.exitCode = totals.wrong === 0 ? 0 : 1;
