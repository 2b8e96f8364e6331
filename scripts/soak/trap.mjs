// `npm run soak -- trap [--count N] [--first SEED] [--solver native|wasm]`: k7s2-top-w4-g0, on which libz3 4.8.12 answers
// `unsat`, under N seeds, each with variables and rows in another order.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { seeded } from '../../test/support/random-problems.js';
import { everyTenSeconds, line, soakOptions } from './options.mjs';

const OPTIMUM = 489;
const shared = process.env.SMUG_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));

export default async function soak(args) {
  const { count, first, solver } = soakOptions(args, { count: 1000, first: 1 });
  const original = JSON.parse(await readFile(join(shared, 'problems/k7s2-top-w4-g0.json'), 'utf8'));
  const totals = { runs: 0, wrong: 0, faults: 0, unproven: 0 };
  const tell = everyTenSeconds(() => console.error(line(totals)));
  for (let seed = first; seed < first + count; seed++) {
    const { status, size, lowerBound, report } = await solveMask(reordered(original, seed), {
      seed,
      solver,
      timeLimit: 60,
    });
    totals.runs += 1;
    totals.faults += report.faults;
    if (status === 'feasible' && size >= OPTIMUM && lowerBound <= OPTIMUM) totals.unproven += 1;
    else if (status !== 'optimal' || size !== OPTIMUM) {
      totals.wrong += 1;
      console.log(`WRONG seed ${seed}: ${status} ${lowerBound}..${size}, expected ${OPTIMUM}`);
    }
    tell();
  }
  console.log(line(totals));
  return totals.wrong === 0;
}

/** The same problem with variables, rows and the entries of a row in an order drawn from the seed. */
export function reordered({ variables, rows }, seed) {
  const random = seeded(seed);
  const position = shuffled(variables, random);
  return {
    variables,
    rows: shuffled(rows.length, random).map((index) => {
      const { columns, coefficients, lower } = rows[index];
      const order = shuffled(columns.length, random);
      return {
        columns: order.map((at) => position[columns[at]]),
        coefficients: order.map((at) => coefficients[at]),
        lower,
      };
    }),
  };
}

function shuffled(length, random) {
  const order = Array.from({ length }, (_, index) => index);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
