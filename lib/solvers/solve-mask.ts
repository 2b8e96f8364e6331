import { availableParallelism } from 'node:os';
import { noteSolution } from '../addon/memory.js';
import { settingsFor } from '../api/options.js';
import type { CsrMaskProblem, MaskProblem } from '../masks/problem.js';
import type { MaskSolution } from './solution.js';
import { validateProblem } from '../masks/validate.js';
import { chooseSolver } from './choose-solver.js';
import type { SolveOptions } from './solver.js';
import { runSolverJob } from './threads/solver-pool.js';

/**
 * The smallest mask: minimise Σ M_j subject to Σ_j a_ij M_j > lower_i for every row, M_j ∈ {0, 1}, in exact
 * arithmetic on the given doubles (SMUG, section 3.2; Sahoo et al., ICLR 2021).
 *
 * Runs in a worker thread: the event loop stays free. When the time limit or the signal stops it, the promise
 * resolves within 200 ms with the best mask and bound found so far. Deterministic for a seed whatever the number
 * of threads, unless it was stopped.
 *
 * @throws SmugError `BAD_PROBLEM`, `SOLVER_UNAVAILABLE`, `SOLVER_FAILED`, `OUT_OF_MEMORY`;
 *   TypeError or RangeError that names an option.
 */
export async function solveMask(
  problem: MaskProblem | CsrMaskProblem,
  options: SolveOptions = {},
): Promise<MaskSolution> {
  const start = performance.now();
  const settings = settingsFor(['solve'], options);
  const { timeLimit, solutions, heaviest, core, certificate, confirm, seed, signal, onProgress } = settings;
  const { name } = chooseSolver(settings.solver);
  const csr = await validateProblem(problem);
  const native = name === 'libz3';
  const solution = await runSolverJob({
    problem: csr,
    options: {
      native,
      solutions,
      heaviest,
      core,
      evidence: certificate,
      confirm,
      threads: settings.threads ?? (native ? availableParallelism() : 1),
      seed,
    },
    deadline: timeLimit > 0 ? start + timeLimit * 1000 : Infinity,
    signal,
    progress:
      onProgress &&
      ((step) =>
        onProgress({ ...step, mask: step.mask && step.mask.slice(), elapsedMs: performance.now() - start })),
  });
  noteSolution();
  return { ...solution, wallMs: performance.now() - start };
}
