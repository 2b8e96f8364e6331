// node one-copy.mjs FOLDER: does what each line of stdin asks with the library of a working copy, and answers with milliseconds.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
const { explainImage, loadModel, solveMask } = await import(join(folder, 'dist', 'index.js'));
/** The paper's setting, and as many points in both copies: they do the same work. */
const PAPER = { window: 4, topK: 3000, gamma: 0, steps: 15 };
/** Copies from before the option knew the paper's evidence only. */
const OPTIONS = existsSync(join(folder, 'lib', 'api')) ? { ...PAPER, evidence: 'activation' } : PAPER;
const models = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  console.log(JSON.stringify(await (task.model ? attributed(task) : solved(task))));
}

/** Medians over photographs of a warm explanation in the paper's setting. */
async function attributed({ model: source, photographs }) {
  const explain = (photograph) => explainImage(models.get(source), photograph, OPTIONS);
  if (!models.has(source)) {
    models.set(source, await loadModel(source));
    for (const photograph of photographs) await explain(photograph);
  }
  const times = [];
  for (const photograph of photographs) {
    const start = performance.now();
    const { timing } = await explain(photograph);
    times.push({ attribution: timing.attributionMs, 'whole explanation': performance.now() - start });
  }
  const middle = (name) => times.map((one) => one[name]).sort((a, b) => a - b)[times.length >> 1];
  return { attribution: middle('attribution'), 'whole explanation': middle('whole explanation') };
}

async function solved({ problem: file, limit }) {
  const problem = JSON.parse(await readFile(file, 'utf8'));
  const start = performance.now();
  const { status } = await solveMask(problem, { timeLimit: limit, threads: 2, heaviest: false });
  const proven = status === 'optimal';
  return { proof: proven ? performance.now() - start : limit * 1000, ...(proven ? {} : { unproven: true }) };
}
