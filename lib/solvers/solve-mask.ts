import { availableParallelism } from 'node:os';
import { SmugError } from '../errors.js';
import type { CsrMaskProblem, MaskProblem } from '../masks/problem.js';
import type { MaskSolution } from './solution.js';
import { validateProblem } from '../masks/validate.js';
import { chooseSolver } from './choose-solver.js';
import type { SolveOptions } from './solver.js';
import { solverPool } from './threads/solver-pool.js';

/**
 * The smallest mask: minimise Σ M_j subject to Σ_j a_ij M_j > lower_i for every row, M_j ∈ {0, 1}, in exact
 * arithmetic on the given doubles (SMUG, section 3.2; Sahoo et al., ICLR 2021).
 *
 * Runs in a worker thread: the event loop stays free. When the time limit or the signal stops it, the promise
 * resolves within 200 ms with the best mask and bound found so far. Deterministic for a seed whatever the number
 * of threads, unless it was stopped.
 *
 * @throws SmugError `BAD_PROBLEM`, `BAD_OPTION`, `SOLVER_UNAVAILABLE`, `SOLVER_FAILED`, `OUT_OF_MEMORY`;
 *   TypeError or RangeError that names an option.
 */
export async function solveMask(
  problem: MaskProblem | CsrMaskProblem,
  options: SolveOptions = {},
): Promise<MaskSolution> {
  const start = performance.now();
  const checked = checkOptions(options);
  const { name } = chooseSolver(options.solver);
  const csr = await validateProblem(problem);
  const native = name === 'libz3';
  const { onProgress } = options;
  const solution = await solverPool.run({
    problem: csr,
    options: {
      native,
      solutions: checked.solutions,
      heaviest: options.heaviest ?? true,
      core: options.core ?? false,
      evidence: options.evidence ?? false,
      threads: checked.threads ?? (native ? defaultThreads() : 1),
      seed: checked.seed,
    },
    deadline: checked.timeLimit > 0 ? start + checked.timeLimit * 1000 : Infinity,
    signal: options.signal,
    progress:
      onProgress &&
      ((size, lowerBound, mask) =>
        onProgress({ size, lowerBound, mask: mask && mask.slice(), elapsedMs: performance.now() - start })),
  });
  return { ...solution, wallMs: performance.now() - start };
}

const KNOWN = [
  'timeLimit',
  'solutions',
  'threads',
  'solver',
  'heaviest',
  'core',
  'evidence',
  'seed',
  'signal',
  'onProgress',
];

function checkOptions(options: SolveOptions): {
  timeLimit: number;
  solutions: number;
  threads: number | undefined;
  seed: number;
} {
  if (typeof options !== 'object' || options === null) throw new TypeError('options: expected an object');
  for (const key of Object.keys(options)) {
    if (!KNOWN.includes(key)) {
      throw new SmugError('BAD_OPTION', `${key}: no such option of solveMask; expected ${KNOWN.join(', ')}.`);
    }
  }
  const { signal, onProgress, solver } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError('signal: expected an AbortSignal');
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new TypeError('onProgress: expected a function');
  }
  for (const name of ['heaviest', 'core', 'evidence'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean') {
      throw new TypeError(`${name}: expected true or false`);
    }
  }
  if (solver !== undefined && !['auto', 'native', 'wasm'].includes(solver)) {
    throw new RangeError(`solver: expected auto, native or wasm, got ${JSON.stringify(solver)}`);
  }
  return {
    timeLimit: number('timeLimit', options.timeLimit, 0, Number.MAX_VALUE, false) ?? 0,
    solutions: number('solutions', options.solutions, 1, 1_000_000, true) ?? 1,
    threads: number('threads', options.threads, 1, 1024, true),
    seed: number('seed', options.seed, 0, 2 ** 31 - 1, true) ?? 0,
  };
}

function number(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
  integer: boolean,
): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw new TypeError(`${name}: expected a number, got ${typeof value}`);
  if (!(value >= least && value <= most) || (integer && !Number.isInteger(value))) {
    const kind = integer ? 'an integer' : 'a number';
    const range = most === Number.MAX_VALUE ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new RangeError(`${name}: expected ${kind} ${range}, got ${value}`);
  }
  return value;
}

/** SMUG_THREADS, else all cores. */
function defaultThreads(): number {
  const value = process.env.SMUG_THREADS;
  if (value === undefined || value === '') return availableParallelism();
  const threads = Number(value);
  if (!Number.isInteger(threads) || threads < 1) {
    throw new SmugError(
      'BAD_OPTION',
      `SMUG_THREADS: expected a whole number of at least 1, got ${JSON.stringify(value)}.`,
    );
  }
  return threads;
}
