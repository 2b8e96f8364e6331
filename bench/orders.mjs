// `npm run bench -- orders [--orders N] [--limit S] [--only NAME] [--solver native|wasm] [--save]`
//
// How much the order of variables and rows decides: every problem of ../shared/problems that can be proven, under N
// orders, each with a seed of its own. Time to the first agreement of floor and ceiling model, and to the
// confirmed proof. Solvers of this kind have heavy tails; the slowest order should stay near the median.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { solveMask } from '../dist/solvers/solve-mask.js';
import { machine } from './report/machine.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PROVABLE = [
  'squeezenet-w4-g0',
  'squeezenet-w1-g05',
  'k7s2-top-w4-g0',
  'k7s2-ig-w3-g0',
  'mnist-fc-g05',
  'mnist-fc-g09',
];

export default async function bench({ args, log }) {
  const { values } = parseArgs({
    args,
    options: {
      orders: { type: 'string', default: '10' },
      limit: { type: 'string', default: '60' },
      only: { type: 'string', default: '' },
      solver: { type: 'string', default: 'auto' },
      save: { type: 'boolean', default: false },
    },
  });
  const orders = Number(values.orders);
  const limit = Number(values.limit);
  // The shuffle is shared with the soak of the trap, which reads TypeScript.
  await (await import('tsx/esm/api')).register();
  const { reordered } = await import('../scripts/soak/trap.mjs');
  const shared = process.env.SMUG_SHARED ?? here('../../shared');
  const lines = [];
  for (const name of PROVABLE.filter((one) => one.includes(values.only))) {
    const problem = JSON.parse(await readFile(join(shared, 'problems', `${name}.json`), 'utf8'));
    const agreed = [];
    const proven = [];
    const sizes = new Set();
    for (let order = 0; order < orders; order++) {
      const ordered = order === 0 ? problem : reordered(problem, order);
      const { status, size, wallMs, report } = await solveMask(ordered, {
        seed: order,
        timeLimit: limit,
        solver: values.solver,
        heaviest: false,
      });
      if (status === 'optimal') sizes.add(size);
      agreed.push(report?.agreementMs ?? limit * 1000);
      proven.push(status === 'optimal' ? wallMs : limit * 1000);
      log(`${name}, order ${order}: ${status} ${size}, agreed ${agreed.at(-1).toFixed()} ms`);
    }
    lines.push(
      `| ${name} | ${[...sizes].join(', ')} | ${summary(agreed)} | ${summary(proven)} | ${(Math.max(...agreed) / median(agreed)).toFixed(1)} |`,
    );
  }
  const table = `| problem | size | agreement: first, median, slowest (s) | proof: first, median, slowest (s) | slowest / median |\n|---|---|---|---|---|\n${lines.join('\n')}\n`;
  console.log(table);
  if (!values.save) return;
  const text = `# Orders of variables and rows\n\n${machine()}, solver ${values.solver}; ${orders} orders, limit ${limit} s.\n\n${table}`;
  await mkdir(here('results'), { recursive: true });
  await writeFile(
    here(`results/solver-orders${values.solver === 'auto' ? '' : `-${values.solver}`}.md`),
    text,
  );
}

function summary(times) {
  return [times[0], median(times), Math.max(...times)].map((ms) => (ms / 1000).toFixed(2)).join(', ');
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}
