import { wrongType } from '../errors.js';
import type { CsrMaskProblem, MaskProblem } from '../masks/problem.js';
import type { MaskSolution } from './solution.js';
import { solveMask } from './solve-mask.js';
import type { SolveOptions, SolveProgress } from './solver.js';

/** One state of a solve under way; `solution` is null in all but the last. */
export interface SolveStep extends SolveProgress {
  solution: MaskSolution | null;
}

/**
 * `solveMask`, watched: yields the best mask and bound whenever they have improved, and last a step with the
 * `solution`, which is what `solveMask` returns.
 *
 *     for await (const { size, lowerBound, mask } of solveMaskSteps(problem)) if (size - lowerBound < 10) break;
 *
 * The solve starts with the first `next()`. A reader slower than the solver misses steps: only the newest is
 * kept, so memory does not grow. Leaving the loop (`break`, `return()`, `throw()`) stops the solve and waits the
 * 200 ms at most that this takes; a `next()` that is still waiting then gets the last step with what was found.
 * A time limit or `options.signal` also ends with that step, as with `solveMask`.
 *
 * @throws what `solveMask` throws, from `next()`.
 */
export function solveMaskSteps(
  problem: MaskProblem | CsrMaskProblem,
  options: SolveOptions = {},
): AsyncGenerator<SolveStep, void, void> {
  const stop = new AbortController();
  const steps = generateSteps(problem, options, stop.signal);
  // A generator takes up `return` only when it yields: the solve it waits for must hear of it at once.
  const leave = steps.return.bind(steps);
  const fail = steps.throw.bind(steps);
  return Object.assign(steps, {
    return: (value: void | PromiseLike<void>) => {
      stop.abort();
      return leave(value);
    },
    throw: (error: unknown) => {
      stop.abort();
      return fail(error);
    },
  });
}

async function* generateSteps(
  problem: MaskProblem | CsrMaskProblem,
  options: SolveOptions,
  left: AbortSignal,
): AsyncGenerator<SolveStep, void, void> {
  if (typeof options !== 'object' || options === null) throw wrongType('options', options, 'an object');
  const own = new AbortController();
  const signals = [left, own.signal];
  // A signal that is none goes through, for solveMask to refuse.
  if (options.signal instanceof AbortSignal) signals.push(options.signal);
  const signal =
    options.signal === undefined || options.signal instanceof AbortSignal
      ? AbortSignal.any(signals)
      : options.signal;
  const { onProgress } = options;
  let newest: SolveProgress | null = null;
  let stage: SolveProgress['stage'] = 'proving';
  let wake = () => {};
  const watch = (progress: SolveProgress): void => {
    onProgress?.(progress);
    newest = progress;
    stage = progress.stage;
    wake();
  };
  let ended = false;
  const start = performance.now();
  const solving = solveMask(problem, {
    ...options,
    signal,
    onProgress: onProgress === undefined || typeof onProgress === 'function' ? watch : onProgress,
  }).finally(() => {
    ended = true;
    wake();
  });
  // Awaited below; a failure in between is no unhandled rejection.
  solving.catch(() => {});
  try {
    for (;;) {
      if (!ended && newest === null) await new Promise<void>((resolve) => (wake = resolve));
      if (ended) break;
      const step: SolveProgress = newest!;
      newest = null;
      yield { ...step, solution: null };
    }
    const solution = await solving;
    const { size, lowerBound, mask } = solution;
    const elapsedMs = performance.now() - start;
    yield { size: mask === null ? null : size, lowerBound, mask, stage, elapsedMs, solution };
  } finally {
    own.abort();
    await solving.catch(() => {});
  }
}
