import { SmugError } from '../../errors.js';
import type { Addon } from '../../addon.js';
import { type Prover, type ProverAnswer, type ProverQuestion, type Provers, stoppedEmpty } from './prover.js';

/** The addon's side of it, see binding/solver_binding.cc. */
interface SolverAddon {
  startComponent(
    library: 'z3' | 'highs',
    problem: object,
    options: object,
    report: (mask: Uint8Array | null, bound: number) => void,
  ): { promise: Promise<ProverAnswer>; stop: () => void };
  solverVersions(): { z3: string; highs: string | null };
}

/** libz3 and HiGHS from the addon, or null when the addon was built without a solver. */
export function nativeProvers(addon: Addon): Provers | null {
  if (typeof addon.startComponent !== 'function') return null;
  const solver = addon as unknown as SolverAddon;
  const versions = solver.solverVersions();
  return {
    z3: new NativeProver(solver, 'z3', versions.z3),
    highs: versions.highs === null ? null : new NativeProver(solver, 'highs', versions.highs),
  };
}

/** HiGHS looks at its flag between linear programs only, which can take a second: it is not waited for. */
const STOP_GRACE_MS = 40;

/** Every solve runs on a thread of its own with a context of its own. */
class NativeProver implements Prover {
  readonly name;
  readonly #addon: SolverAddon;
  readonly #library: 'z3' | 'highs';

  constructor(
    addon: SolverAddon,
    library: 'z3' | 'highs',
    readonly version: string,
  ) {
    this.#addon = addon;
    this.#library = library;
    this.name = library === 'z3' ? ('libz3' as const) : ('highs' as const);
  }

  async solve(question: ProverQuestion): Promise<ProverAnswer> {
    const { signal } = question;
    const run = this.#addon.startComponent(
      this.#library,
      question.problem,
      {
        seed: question.seed,
        workLimit: question.workLimit,
        atMost: question.atMost,
        costs: question.costs,
        initial: question.initial,
      },
      (mask, bound) => (mask === null ? question.bounded?.(bound) : question.improved?.(mask)),
    );
    let giveUp = () => {};
    const abandoned = new Promise<ProverAnswer>((resolve) => {
      giveUp = () => resolve({ ...stoppedEmpty });
    });
    let grace: NodeJS.Timeout | undefined;
    const stop = () => {
      run.stop();
      grace = setTimeout(giveUp, STOP_GRACE_MS);
    };
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    try {
      return await Promise.race([run.promise, abandoned]);
    } catch (error) {
      const code = (error as { code?: string }).code === 'OUT_OF_MEMORY' ? 'OUT_OF_MEMORY' : 'SOLVER_FAILED';
      throw new SmugError(code, `${this.name} failed: ${(error as Error).message}`, { cause: error });
    } finally {
      clearTimeout(grace);
      run.promise.catch(() => {}); // of an abandoned run, which ends by itself a little later
      signal?.removeEventListener('abort', stop);
    }
  }

  dispose(): void {}
}
