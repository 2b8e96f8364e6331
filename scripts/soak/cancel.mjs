// `npm run soak -- cancel [--count N] [--first SEED] [--solver native|wasm]`: solves of a hard problem cancelled at random
// moments of their first 300 ms. Each must resolve within 200 ms of that with a valid mask or none; memory, threads and
// open files are compared with those after the first tenth.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { seeded } from '../../test/support/random-problems.js';
import { resources } from './memory.mjs';
import { everyTenSeconds, line, soakOptions } from './options.mjs';

const GROWTH_MB = 128;
const shared = process.env.SMUG_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));

export default async function soak(args) {
  const { count, first, solver } = soakOptions(args, { count: 1000, first: 1 });
  const problem = JSON.parse(await readFile(join(shared, 'problems/k7s2-ig-w3-g0.json'), 'utf8'));
  const holds = (mask) =>
    problem.rows.every(({ columns, coefficients, lower }) => {
      return columns.reduce((sum, j, at) => sum + mask[j] * coefficients[at], 0) > lower;
    });
  const random = seeded(first);
  const totals = { cancelled: 0, withMask: 0, wrong: 0, late: 0, slowestMs: 0 };
  const tell = everyTenSeconds(() => console.error(line({ ...totals, ...resources() })));
  let base = null;
  for (let run = 0; run < count; run++) {
    const controller = new AbortController();
    const running = solveMask(problem, { solver, seed: run, signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, random() * 300));
    const from = performance.now();
    controller.abort();
    const { mask } = await running;
    const ms = Math.round(performance.now() - from);
    totals.cancelled += 1;
    totals.slowestMs = Math.max(totals.slowestMs, ms);
    if (ms > 200) totals.late += 1;
    if (mask !== null) totals.withMask += 1;
    if (mask !== null && !holds(mask)) totals.wrong += 1;
    if (run + 1 >= count / 10) base ??= resources();
    tell();
  }
  await new Promise((resolve) => setTimeout(resolve, 2000)); // abandoned runs end a little later
  const end = resources();
  console.log(`${line(totals)}; after a tenth: ${line(base)}; at the end: ${line(end)}`);
  const grown =
    end.rssMb - base.rssMb > GROWTH_MB || end.threads > base.threads + 1 || end.files > base.files + 1;
  return totals.wrong === 0 && totals.late === 0 && !grown;
}
