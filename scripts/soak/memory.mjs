// `npm run soak -- memory [--count N] [--solver native|wasm]`: N solves leave memory where it was. What the
// first tenth leaves (pools, compiled code) is the base; the process may grow by at most 64 MB after it.
import { readdirSync } from 'node:fs';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { structuredProblem } from '../../test/support/structured-problems.js';
import { everyTenSeconds, line, soakOptions } from './options.mjs';

const AT_ONCE = 8;
const GROWTH_MB = 64;

export default async function soak(args) {
  const { count, first, solver } = soakOptions(args, { count: 10_000 });
  let base = null;
  const totals = { solves: 0 };
  const tell = everyTenSeconds(() => console.error(`${line({ ...totals, ...resources() })}`));
  for (let seed = first; seed < first + count; seed += AT_ONCE) {
    const together = Array.from({ length: Math.min(AT_ONCE, first + count - seed) }, (_, at) => seed + at);
    await Promise.all(
      together.map((one) => solveMask(structuredProblem(one, 10 + (one % 30)), { solver, timeLimit: 20 })),
    );
    totals.solves += together.length;
    if (base === null && totals.solves >= count / 10) base = resources();
    tell();
  }
  const end = resources();
  console.log(`after a tenth: ${line(base)}; at the end: ${line(end)}`);
  return end.rssMb - base.rssMb < GROWTH_MB && end.threads <= base.threads + 1 && end.files <= base.files + 1;
}

/** Of this process; threads and files are 0 where /proc is not there. */
export function resources() {
  globalThis.gc?.();
  const entries = (folder) => {
    try {
      return readdirSync(folder).length;
    } catch {
      return 0;
    }
  };
  return {
    rssMb: Math.round(process.memoryUsage.rss() / 1e6),
    threads: entries('/proc/self/task'),
    files: entries('/proc/self/fd'),
  };
}
