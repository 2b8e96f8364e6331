// `npm run bench -- sweeps [--limit S] [--seeds N] [--save]`
//
// Synthetic convolutions: how the time to proof grows with one parameter while the others stay at their base. Medians
// over seeds; a run that ends at the limit counts as the limit, and its gap is shown. `--save` writes
// bench/results/solver-sweeps.md and docs/solver-sweeps.svg. At most 27 values · 3 seeds · 5 s = 7 min.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { solveMask } from '../dist/solvers/solve-mask.js';
import { sweepsPlot } from './sweeps/plot.mjs';
import { machine } from './report/machine.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// Pictures of 64 × 64 pixels; SqueezeNet's first layer has kernel 3, stride 2, and window 4 is the paper's.
const BASE = { image: 64, kernel: 5, stride: 2, window: 4, filters: 16, nodes: 400, gamma: 0 };
const SWEEPS = {
  nodes: { label: 'k, nodes', values: [50, 100, 200, 400, 800, 1600] },
  kernel: { label: 'kernel side', values: [3, 5, 7, 9, 11] },
  stride: { label: 'stride', values: [1, 2, 3, 4] },
  window: { label: 'window', values: [1, 2, 3, 4, 6, 8] },
  gamma: { label: 'γ', values: [0, 0.1, 0.3, 0.5, 0.7, 0.9] },
};

export default async function bench({ args, log }) {
  const { values } = parseArgs({
    args,
    options: {
      limit: { type: 'string', default: '5' },
      seeds: { type: 'string', default: '3' },
      save: { type: 'boolean', default: false },
    },
  });
  const limit = Number(values.limit);
  const seeds = Number(values.seeds);
  if (!(limit > 0) || !Number.isInteger(seeds) || seeds < 1) {
    throw new RangeError('sweeps: expected --limit above 0 and --seeds of at least 1');
  }
  // The generator is TypeScript that the tests share.
  await (await import('tsx/esm/api')).register();
  const { convolutionProblem } = await import('../test/support/structured-problems.js');
  const results = [];
  for (const [name, { label, values: points }] of Object.entries(SWEEPS)) {
    const measured = [];
    for (const value of points) {
      const runs = [];
      for (let seed = 1; seed <= seeds; seed++) {
        const problem = convolutionProblem({ ...BASE, [name]: value }, seed);
        const { status, size, lowerBound, gap, wallMs } = await solveMask(problem, {
          timeLimit: limit,
          threads: 2,
        });
        const proven = status === 'optimal';
        runs.push({ proven, size, lowerBound, gap, seconds: proven ? wallMs / 1000 : limit });
      }
      const of = (field) => median(runs.map((run) => run[field]));
      measured.push({
        value,
        seconds: of('seconds'),
        gap: of('gap'),
        size: of('size'),
        lowerBound: of('lowerBound'),
        proven: runs.filter(({ proven }) => proven).length,
      });
      log(`${label} ${value}: ${JSON.stringify(measured.at(-1))}`);
    }
    results.push({ name, label, base: BASE[name], measured });
  }
  const text = report(results, limit, seeds);
  console.log(text);
  if (values.save) {
    await mkdir(here('results'), { recursive: true });
    await writeFile(here('results/solver-sweeps.md'), text);
    await writeFile(here('../docs/solver-sweeps.svg'), sweepsPlot(results, limit));
  }
}

function report(results, limit, seeds) {
  const base = Object.entries(BASE)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  const tables = results.map(({ label, measured }) => {
    const rows = measured.map(({ value, seconds, proven, size, lowerBound, gap }) => {
      const time = seconds < limit ? seconds.toFixed(2) : `not in ${limit}`;
      return `| ${value} | ${time} | ${proven} of ${seeds} | ${size} | ${lowerBound} | ${(100 * gap).toFixed(1)} % |`;
    });
    return `## ${label}\n\n| ${label} | seconds to proof | proven | size | bound | gap |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Sweeps of synthetic problems\n\n${machine()}. \`npm run bench -- sweeps --save\`: random convolutions of a random picture, limit ${limit} s, two threads, medians of ${seeds} seeds. One parameter changes, the others stay at: ${base}.\n\n${tables.join('\n')}`;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}
