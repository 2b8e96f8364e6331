import { basename, extname, join } from 'node:path';
import type { MaskProblem } from '../masks/problem.js';
import type { MaskSolution } from '../solvers/solution.js';
import { validateProblem } from '../masks/validate.js';
import { writeCertificate } from '../reports/certificate-file.js';
import { prepareFolder, writeWholeFile } from '../reports/write-file.js';
import { solveMask } from '../solvers/solve-mask.js';
import { choiceOption, ExitCode, numberOption, type Command, type Invocation } from './command.js';
import { readJsonFile } from './json-file.js';
import { Progress, solvingText } from './progress.js';

export const solveCommand: Command = {
  usage: 'PROBLEM.json [options]',
  summary:
    'Solves a mask problem: { variables, rows: [{ columns, coefficients, lower }] }, the fewest ones with every row above ' +
    'its bound.',
  inputs: [1, 1],
  options: {
    'time-limit': { value: 'S', help: 'seconds; 0: none (default 0)' },
    solutions: { value: 'N', help: 'distinct masks, best first (default 1)' },
    core: { help: 'also tell which variables every smallest mask holds, which some do and which none does' },
    threads: { value: 'T', help: 'components solved at the same time (default: all cores)' },
    solver: { value: 'S', help: 'auto (default), native or wasm' },
    seed: { value: 'N', help: 'seed of every random choice (default 0)' },
    out: { value: 'DIR', help: 'write the solution there' },
  },
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [path] = invocation.inputs;
  const problem = (await readJsonFile(path, 'problem file', 'BAD_PROBLEM')) as MaskProblem;
  const out = invocation.options.out;
  if (out !== undefined) await prepareFolder(out);
  const progress = new Progress();
  const solving = solveMask(problem, {
    timeLimit: numberOption(invocation, 'time-limit'),
    solutions: numberOption(invocation, 'solutions'),
    core: invocation.options.core === 'true' || undefined,
    certificate: out !== undefined || undefined,
    threads: numberOption(invocation, 'threads'),
    seed: numberOption(invocation, 'seed'),
    solver: choiceOption(invocation, 'solver', ['auto', 'native', 'wasm']),
    signal: invocation.signal,
    onProgress: (step) => progress.update(`${path}: ${solvingText(step)}`),
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

/** A solution as plain JSON values: masks as lists of 0 and 1. */
export function solutionDocument({ evidence: _, ...solution }: MaskSolution): object {
  return {
    ...solution,
    mask: solution.mask && Array.from(solution.mask),
    ...(solution.solutions && {
      solutions: solution.solutions.map((one) => ({ ...one, mask: Array.from(one.mask) })),
    }),
    ...(solution.core && {
      core: {
        ...solution.core,
        roles: Array.from(solution.core.roles),
        proven: Array.from(solution.core.proven),
      },
    }),
  };
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
