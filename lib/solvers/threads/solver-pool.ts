import { gapOf } from '../../masks/gap.js';
import { availableParallelism } from 'node:os';
import { SmugError } from '../../errors.js';
import { exactRowSign } from '../../masks/exact.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { converse } from '../../threads/converse.js';
import { ThreadPool } from '../../threads/thread-pool.js';
import type { ThreadFault } from '../../threads/worker-thread.js';
import type { MaskSolution } from '../solution.js';
import type { SolveProgress } from '../solver.js';
import type { FromSolver, SolverJobOptions, ToSolver } from './solver-messages.js';

export interface SolverJob {
  problem: CsrMaskProblem;
  options: Omit<SolverJobOptions, 'timeLimitMs'>;
  /** `performance.now()` at which to stop; Infinity: never. */
  deadline: number;
  signal?: AbortSignal;
  progress?: (step: Omit<SolveProgress, 'elapsedMs'>) => void;
}

/** Time a worker gets to hand over what it has once it was told to stop. */
const STOP_GRACE_MS = 170;

/** The best that a worker told of before its answer. */
interface Best {
  lowerBound: number;
  mask: Uint8Array | null;
}

/** One solve per thread; more solves than threads wait their turn. */
const pool = new ThreadPool<ToSolver, FromSolver>(
  { name: "The solver's thread", entry: new URL('./solver-worker.js', import.meta.url) },
  { size: Math.max(2, availableParallelism()) },
);
let jobs = 0;

/** Solves on a pooled thread, off the event loop. @throws SmugError */
export async function runSolverJob(job: SolverJob): Promise<MaskSolution> {
  const { signal, deadline } = job;
  let best = await wholeMask(job.problem);
  const thread = await pool.take({ signal, deadline });
  if (thread === null) return stopped(job, best);
  const number = ++jobs;
  try {
    return await converse<ToSolver, FromSolver, MaskSolution>(thread, {
      begin() {
        const { offsets, columns, coefficients, lower } = job.problem;
        const options = { ...job.options, timeLimitMs: 0 };
        thread.post(
          { kind: 'solve', job: number, problem: job.problem, options },
          [offsets, columns, coefficients, lower].map((array) => array.buffer as ArrayBuffer),
        );
      },
      hear(message) {
        if (message.job !== number) return undefined;
        if (message.kind === 'failed') throw new SmugError(message.code, message.message);
        if (message.kind === 'done') return message.solution;
        best = { lowerBound: message.lowerBound, mask: message.mask ?? best?.mask ?? null };
        job.progress?.({ size: message.size, ...best, stage: message.stage });
        return undefined;
      },
      failure: solverFailure,
      early: {
        signal,
        deadline,
        stop: () => thread.post({ kind: 'stop', job: number }),
        graceMs: STOP_GRACE_MS,
        abandoned: () => stopped(job, best),
      },
    });
  } finally {
    pool.give(thread);
  }
}

function solverFailure(fault: ThreadFault): SmugError {
  return fault.outOfMemory
    ? new SmugError('OUT_OF_MEMORY', 'The solver ran out of memory on this problem.', { cause: fault })
    : new SmugError('SOLVER_FAILED', fault.message, { cause: fault });
}

/** Rows looked at between two turns of the event loop. */
const ROWS_PER_TURN = 2000;

/** The mask of all ones where it holds: what a job that is stopped at once answers with. */
async function wholeMask(problem: CsrMaskProblem): Promise<Best | null> {
  const { variables, lower } = problem;
  const mask = new Uint8Array(variables).fill(1);
  for (let row = 0; row < lower.length; row++) {
    if (exactRowSign(problem, row, mask) !== 1) return null;
    if (row % ROWS_PER_TURN === ROWS_PER_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return { lowerBound: 0, mask };
}

/** The answer to a job that was stopped before its worker could give one. */
function stopped(job: SolverJob, best: Best | null): MaskSolution {
  const mask = best?.mask ?? null;
  const size = mask?.reduce((sum, value) => sum + value, 0) ?? 0;
  const lowerBound = best?.lowerBound ?? 0;
  return {
    status: mask === null ? 'unknown' : 'feasible',
    mask,
    size,
    lowerBound,
    gap: gapOf(mask, size, lowerBound),
    backend: job.options.native ? 'libz3' : 'z3-wasm',
    wallMs: 0,
  };
}
