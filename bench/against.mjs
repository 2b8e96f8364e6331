// `npm run bench -- against --folder F`: this working copy beside another one that is set up (an earlier commit in a worktree of its own), in
// turns: a warm attribution by stage, and every problem of ../shared/problems.
//
//   --folder F        the other working copy
//   --rounds N        turns (3); medians
//   --limit S         of every problem (10); a run without a proof counts as the limit, and is not asked for again
//   --photographs N   per network (8)
//   --only NAME       the networks and problems that have it in their name
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from '../scripts/native-deps.mjs';
import { median } from './attribution/report.mjs';
import { samplePhotographs, shared } from './networks/packaged-models.mjs';
import { loadAtTheEnd, machine } from './report/machine.mjs';

const MODELS = ['squeezenet1.1', 'mobilenet_v1_0.25_224'];

export default async function againstBench({ args, log }) {
  const { values } = parseArgs({
    args,
    options: {
      folder: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      limit: { type: 'string', default: '10' },
      photographs: { type: 'string', default: '8' },
      only: { type: 'string', default: '' },
    },
  });
  if (values.folder === undefined) {
    throw new Error('--folder is missing: another working copy of this project, set up with `npm run setup`');
  }
  const copies = [new Copy(resolve(values.folder)), new Copy(root)];
  const photographs = await samplePhotographs(Number(values.photographs));
  const limit = Number(values.limit);
  const tasks = [
    ...MODELS.map((model) => ({ name: model, model: join(shared, 'models', model), photographs })),
    ...(await problems()).map((problem) => ({
      name: problem,
      problem: join(shared, 'problems', problem),
      limit,
    })),
  ].filter(({ name }) => name.includes(values.only));
  const rows = [];
  try {
    for (const task of tasks) {
      log(task.name);
      rows.push(...(await compared(task, copies, Number(values.rounds))));
    }
  } finally {
    for (const copy of copies) copy.end();
  }
  console.log(table(rows));
}

/** A process that runs another working copy's library: one JSON line asked, one answered. */
class Copy {
  #process;
  #lines;

  constructor(folder) {
    const script = fileURLToPath(new URL('against/one-copy.mjs', import.meta.url));
    this.#process = spawn(process.execPath, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async ask(task) {
    this.#process.stdin.write(`${JSON.stringify(task)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the process of a working copy ended: see above for its error');
    return JSON.parse(value);
  }

  end() {
    this.#process.kill();
  }
}

/** Names of figures, each with the medians of both copies. */
async function compared(task, copies, rounds) {
  const figures = copies.map(() => new Map());
  for (let round = 0; round < rounds; round++) {
    for (const [at, copy] of copies.entries()) {
      if (figures[at].get('unproven')) continue;
      for (const [name, value] of Object.entries(await copy.ask(task))) {
        figures[at].set(name, [...(figures[at].get(name) ?? []), value]);
      }
    }
  }
  return [...figures[0].keys()]
    .filter((name) => name !== 'unproven')
    .map((name) => [`${task.name}, ${name}`, ...figures.map((of) => median(of.get(name)))]);
}

async function problems() {
  const folder = join(shared, 'problems');
  return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json')).sort();
}

function table(rows) {
  const total = (at) =>
    rows.filter(([name]) => name.includes('.json')).reduce((sum, row) => sum + row[at], 0);
  const line = ([name, before, after]) =>
    `| ${name} | ${before.toFixed(1)} | ${after.toFixed(1)} | ${(after / before).toFixed(2)} |`;
  return `# This working copy beside another

${machine()}, ${loadAtTheEnd()}. Milliseconds.

| | the other | this | this/other |
|---|--:|--:|--:|
${[...rows, ['all problems', total(1), total(2)]].map(line).join('\n')}
`;
}
