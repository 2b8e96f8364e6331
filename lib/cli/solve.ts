import { basename, extname, join } from 'node:path';
import { commandOptions, type OwnOptions } from '../api/command-options.js';
import type { MaskProblem } from '../masks/problem.js';
import type { MaskSolution } from '../solvers/solution.js';
import { validateProblem } from '../masks/validate.js';
import { writeCertificate } from '../reports/certificate-file.js';
import { prepareFolder, writeWholeFile } from '../reports/write-file.js';
import { solutionDocument } from '../solvers/solution-document.js';
import { solveMask } from '../solvers/solve-mask.js';
import type { SolveProgress } from '../solvers/solver.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { readJsonFile } from './json-file.js';
import { Progress, solvingText } from './progress.js';

type Own = OwnOptions<'solve'>;

export const solveCommand: Command<Own> = {
  usage: 'PROBLEM.json [options]',
  example: 'problem.json --time-limit 60 --out solved --json',
  summary:
    'Solves a mask problem: { variables, rows: [{ columns, coefficients, lower }] }, the fewest ones with every row above ' +
    'its bound.',
  inputs: [1, 1],
  calls: ['solve'],
  own: commandOptions.solve,
  run,
};

async function run(invocation: Invocation<Own>): Promise<number> {
  const [path] = invocation.inputs;
  const problem = (await readJsonFile(path, 'problem file', 'BAD_PROBLEM')) as MaskProblem;
  const { out } = invocation.own;
  if (out !== undefined) await prepareFolder(out);
  const progress = new Progress();
  const solving = solveMask(problem, {
    ...optionsFor(['solve'], invocation.given),
    certificate: out !== undefined,
    signal: invocation.signal,
    onProgress: (step: SolveProgress) => progress.update(`${path}: ${solvingText(step)}`),
  });
  const solution = await solving.finally(() => progress.clear());
  const files: string[] = [];
  const document = { ...solutionDocument(solution), files };
  if (out !== undefined) {
    const name = basename(path, extname(path));
    const file = join(out, `${name}.solution.json`);
    files.push(await writeCertificate(out, name, await validateProblem(problem), solution));
    files.push(file);
    await writeWholeFile(file, `${JSON.stringify(document, null, 2)}\n`);
  }
  process.stdout.write(
    invocation.json ? `${JSON.stringify(document)}\n` : solutionText(path, solution, files),
  );
  return ExitCode.done;
}

function solutionText(
  path: string,
  { status, size, lowerBound, gap, backend, wallMs, mask, solutions, exhausted, core }: MaskSolution,
  files: string[],
): string {
  const result =
    mask === null
      ? status
      : `${status}: ${size} ones, at least ${lowerBound} are needed${gap > 0 ? ` (gap ${(100 * gap).toFixed(1)} %)` : ''}`;
  const lines = [result, `${backend}, ${(wallMs / 1000).toFixed(2)} s`];
  if (core) {
    const { every, some, none, unproven } = core;
    const open = unproven > 0 ? `; ${unproven} of these claims not proven` : '';
    lines.push(`in every smallest mask ${every} variables, in some ${some}, in none ${none}${open}`);
  }
  if (solutions) {
    const end = exhausted ? '; there is no other mask' : '';
    lines.push(`masks: ${solutions.map((one) => `${one.size} (${one.status})`).join(', ') || 'none'}${end}`);
  }
  return `${path}\n${[...lines, ...files].map((line) => `  ${line}\n`).join('')}`;
}
