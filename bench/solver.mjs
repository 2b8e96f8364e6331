// `npm run bench -- solver [--family sparse|dense] [--limit S] [--rounds N] [--rivals reference,highs,cp-sat] [--only NAME] [--save]`
//
// Every problem of ../shared/problems (of dense rows: ../shared/problems/dense): our solver, native and WASM, beside the reference encoding under the same
// libz3, and HiGHS and CP-SAT on the same integer rows. One time limit for all, rounds interleaved, medians; a run
// that does not prove its optimum counts as the time limit.
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { solveMask } from '../dist/solvers/solve-mask.js';
import { validateProblem } from '../dist/masks/validate.js';
import { roundRows } from '../dist/masks/integer-rows.js';
import { pythonWith } from './solver/python-environment.mjs';
import { denseTable } from './solver/dense-table.mjs';
import { machine } from './report/machine.mjs';

const run = promisify(execFile);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const packages = {
  reference: ['z3-solver==5.4.0.0'],
  highs: ['highspy==1.15.1'],
  'cp-sat': ['ortools==9.15.6755'],
};

export default async function bench({ args, log }) {
  const { values } = parseArgs({
    args,
    options: {
      limit: { type: 'string', default: '30' },
      rounds: { type: 'string', default: '3' },
      family: { type: 'string', default: 'sparse' },
      rivals: { type: 'string' },
      only: { type: 'string' },
      save: { type: 'boolean', default: false },
    },
  });
  const limit = Number(values.limit);
  const dense = values.family === 'dense';
  // The reference proves none of the dense ones.
  const rivals = (values.rivals ?? (dense ? 'highs,cp-sat' : 'reference,highs,cp-sat'))
    .split(',')
    .filter(Boolean);
  const shared = process.env.SMUG_SHARED ?? here('../../shared');
  const folder = join(shared, 'problems', dense ? 'dense' : '');
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.json') && (!values.only || name.includes(values.only)))
    .sort();
  const python = await pythonWith(
    rivals.flatMap((rival) => packages[rival]),
    log,
  );
  const scratch = await mkdtemp(join(tmpdir(), 'smug-bench-'));
  const tables = [];
  const measured = [];
  try {
    for (const name of names) {
      const path = join(folder, name);
      const problem = JSON.parse(await readFile(path, 'utf8'));
      const rows = join(scratch, name);
      await writeFile(rows, JSON.stringify(await integerRows(problem)));
      const contestants = {
        'smug, libz3': () => ours(problem, limit, 'native'),
        'smug, WASM': () => ours(problem, limit, 'wasm'),
        ...Object.fromEntries(
          rivals.map((rival) => [
            rival,
            () => theirs(python, rival, rival === 'reference' ? path : rows, limit),
          ]),
        ),
      };
      const results = Object.fromEntries(Object.keys(contestants).map((one) => [one, []]));
      for (let round = 0; round < Number(values.rounds); round++) {
        for (const [one, solve] of Object.entries(contestants)) {
          log(`${name}, round ${round + 1}: ${one}`);
          // A contestant that ran into the limit once is not asked again: its time is the limit.
          if (results[one].some(({ proven }) => !proven)) continue;
          results[one].push(await solve());
        }
      }
      measured.push({ name: name.replace('.json', ''), results });
      tables.push(table(name.replace('.json', ''), results, limit));
      console.log(tables.at(-1));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  if (dense) {
    tables.splice(0, Infinity, denseTable(measured, limit));
    console.log(tables[0]);
  }
  if (values.save) {
    const text = `# Solver benchmark${dense ? ', dense rows' : ''}\n\n${machine()}. Time limit ${limit} s, two threads each; medians of ${values.rounds} interleaved rounds; a run without a proof counts as the limit.\n\n${tables.join('\n')}`;
    await mkdir(here('results'), { recursive: true });
    await writeFile(here(`results/solver${dense ? '-dense' : ''}.md`), text);
  }
}

async function ours(problem, limit, solver) {
  const start = performance.now();
  let best = null;
  const { status, size, lowerBound, report, confirmed } = await solveMask(problem, {
    timeLimit: limit,
    solver,
    threads: 2,
    heaviest: false,
    confirm: 'brief',
    onProgress: (state) => {
      if (best === null || state.size < best.size)
        best = { size: state.size, seconds: state.elapsedMs / 1000 };
    },
  });
  return {
    proven: status === 'optimal',
    confirmed,
    size,
    bound: lowerBound,
    seconds: (performance.now() - start) / 1000,
    toBest: best?.size === size ? best.seconds : undefined,
    toAgreement: report?.agreementMs == null ? undefined : report.agreementMs / 1000,
  };
}

async function theirs(python, rival, path, limit) {
  try {
    const { stdout } = await run(python, [here('solver/rivals.py'), rival, path, String(limit), '2'], {
      // Z3 overruns its own limit, and building the model takes time too.
      timeout: (limit + 60) * 1000,
    });
    const { status, size, bound, seconds } = JSON.parse(stdout);
    return { proven: status === 'optimal', size, bound, seconds };
  } catch {
    return { proven: false, size: null, bound: null, seconds: limit };
  }
}

/** The floor model of our presolve's input, as plain lists. */
async function integerRows(problem) {
  const { floor } = roundRows(await validateProblem(problem));
  const { variables, offsets, columns, coefficients, bounds } = floor;
  return {
    variables,
    offsets: [...offsets],
    columns: [...columns],
    coefficients: [...coefficients],
    bounds: [...bounds],
  };
}

function table(name, results, limit) {
  const time = (runs) => median(runs.map(({ proven, seconds }) => (proven ? seconds : limit)));
  const base = time(results['smug, libz3']);
  const lines = Object.entries(results).map(([one, runs]) => {
    const last = runs.at(-1);
    const proven = runs.every((result) => result.proven);
    const seconds = time(runs);
    const middle = (field) => {
      const known = runs.map((run) => run[field]).filter((value) => value !== undefined);
      return known.length ? median(known).toFixed(2) : '–';
    };
    return `| ${one} | ${last.size ?? '–'} | ${last.bound ?? '–'} | ${middle('toBest')} | ${middle('toAgreement')} | ${proven ? seconds.toFixed(2) : `not in ${limit}`} | ${proven ? '' : '≥ '}${(seconds / base).toFixed(1)} |`;
  });
  return `## ${name}\n\n| solver | size | bound | seconds to best | to agreement | to proof | × smug, libz3 |\n|---|---|---|---|---|---|---|\n${lines.join('\n')}\n`;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}
