import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { SmugError } from '../../errors.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import type { MaskSolution } from '../solution.js';
import type { FromSolver, SolverJobOptions, ToSolver } from './solver-messages.js';

export interface SolverJob {
  problem: CsrMaskProblem;
  options: Omit<SolverJobOptions, 'timeLimitMs'>;
  /** `performance.now()` at which to stop; Infinity: never. */
  deadline: number;
  signal?: AbortSignal;
  progress?: (size: number | null, lowerBound: number, mask: Uint8Array | null) => void;
}

/** Time a worker gets to hand over what it has once it was told to stop. */
const STOP_GRACE_MS = 170;
/** An idle worker is ended after so long. */
const IDLE_MS = 30_000;

interface Member {
  worker: Worker;
  idleTimer?: NodeJS.Timeout;
}

/**
 * Warm worker threads, each for one solve at a time. Busy ones keep the process alive, idle ones do not.
 * More solves than workers wait their turn.
 */
class SolverPool {
  readonly #idle: Member[] = [];
  readonly #waiting: (() => void)[] = [];
  #members = 0;
  #jobs = 0;
  readonly #limit = Math.max(2, availableParallelism());

  async run(job: SolverJob): Promise<MaskSolution> {
    const number = ++this.#jobs;
    const left = () => job.deadline - performance.now();
    if (this.#idle.length === 0 && this.#members >= this.#limit && !(await this.#turn(job)))
      return stopped(job, null);
    if (job.signal?.aborted || left() <= 0) {
      this.#next();
      return stopped(job, null);
    }
    const member = this.#idle.pop() ?? this.#start();
    clearTimeout(member.idleTimer);
    member.worker.ref();
    const conversation = new Conversation(job, number, member.worker);
    return conversation.run().finally(() => {
      // A worker that died or had to be ended is replaced when the next job needs one.
      if (conversation.ended) this.#members--;
      else this.#rest(member);
      this.#next();
    });
  }

  /** Waits for a worker to become free; false when the job was stopped before. */
  async #turn(job: SolverJob): Promise<boolean> {
    return new Promise((resolve) => {
      const timer =
        job.deadline < Infinity
          ? setTimeout(() => leave(false), job.deadline - performance.now())
          : undefined;
      const onAbort = () => leave(false);
      const enter = () => leave(true);
      const leave = (mayRun: boolean) => {
        clearTimeout(timer);
        job.signal?.removeEventListener('abort', onAbort);
        const at = this.#waiting.indexOf(enter);
        if (at >= 0) this.#waiting.splice(at, 1);
        resolve(mayRun);
      };
      job.signal?.addEventListener('abort', onAbort);
      if (job.signal?.aborted) leave(false);
      else this.#waiting.push(enter);
    });
  }

  #next(): void {
    this.#waiting.shift()?.();
  }

  #start(): Member {
    this.#members++;
    const worker = new Worker(new URL('./solver-worker.js', import.meta.url), {
      // Flags of the caller's (--input-type, loaders) are not for us.
      execArgv: [],
    });
    // Errors are answered by the conversation of the moment; an idle worker's are of no consequence.
    worker.on('error', () => {});
    return { worker };
  }

  #rest(member: Member): void {
    member.worker.unref();
    this.#idle.push(member);
    member.idleTimer = setTimeout(() => {
      this.#idle.splice(this.#idle.indexOf(member), 1);
      this.#members--;
      void member.worker.terminate();
    }, IDLE_MS).unref();
  }
}

/** One job and the worker that does it, from `solve` to the answer. */
class Conversation {
  /** The worker was told to end, or did. */
  #ended = false;
  #best: { size: number | null; lowerBound: number; mask: Uint8Array | null } | null = null;

  constructor(
    private readonly job: SolverJob,
    private readonly number: number,
    private readonly worker: Worker,
  ) {}

  get ended(): boolean {
    return this.#ended;
  }

  run(): Promise<MaskSolution> {
    const { job, worker, number } = this;
    return new Promise<MaskSolution>((resolve, reject) => {
      const timers: NodeJS.Timeout[] = [];
      const settle = () => {
        timers.forEach(clearTimeout);
        job.signal?.removeEventListener('abort', stop);
        worker.off('message', onMessage);
        worker.off('error', onError);
        worker.off('exit', onExit);
      };
      const stop = () => {
        worker.postMessage({ kind: 'stop', job: number } satisfies ToSolver);
        // A worker deep in a long step cannot hear: answer for it, and end it.
        const expired = () => {
          settle();
          this.#ended = true;
          void worker.terminate();
          resolve(stopped(job, this.#best));
        };
        timers.push(setTimeout(expired, STOP_GRACE_MS));
      };
      const onMessage = (message: FromSolver) => {
        if (message.job !== number) return;
        if (message.kind === 'progress') {
          this.#best = { ...message, mask: message.mask ?? this.#best?.mask ?? null };
          job.progress?.(message.size, message.lowerBound, this.#best.mask);
          return;
        }
        settle();
        if (message.kind === 'done') resolve(message.solution);
        else reject(new SmugError(message.code, message.message));
      };
      const onError = (error: Error & { code?: string }) => {
        settle();
        this.#ended = true;
        void worker.terminate();
        const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        reject(
          new SmugError(
            memory ? 'OUT_OF_MEMORY' : 'SOLVER_FAILED',
            memory ? 'The solver ran out of memory on this problem.' : `The solver failed: ${error.message}`,
            { cause: error },
          ),
        );
      };
      const onExit = (code: number) => onError(new Error(`its worker ended with status ${code}`));
      worker.on('message', onMessage);
      worker.on('error', onError);
      worker.on('exit', onExit);
      const left = job.deadline - performance.now();
      if (left < 2 ** 31) timers.push(setTimeout(stop, left));
      job.signal?.addEventListener('abort', stop, { once: true });
      const { offsets, columns, coefficients, lower } = job.problem;
      worker.postMessage(
        {
          kind: 'solve',
          job: number,
          problem: job.problem,
          options: { ...job.options, timeLimitMs: 0 },
        } satisfies ToSolver,
        [offsets, columns, coefficients, lower].map((array) => array.buffer as ArrayBuffer),
      );
    });
  }
}

/** The answer to a job that was stopped before its worker could give one. */
function stopped(
  job: SolverJob,
  best: { size: number | null; lowerBound: number; mask: Uint8Array | null } | null,
): MaskSolution {
  const mask = best?.mask ?? null;
  const size = mask?.reduce((sum, value) => sum + value, 0) ?? 0;
  const lowerBound = best?.lowerBound ?? 0;
  return {
    status: mask === null ? 'unknown' : 'feasible',
    mask,
    size,
    lowerBound,
    gap: mask === null ? 1 : size === 0 ? 0 : (size - lowerBound) / size,
    backend: job.options.native ? 'libz3' : 'z3-wasm',
    wallMs: 0,
  };
}

export const solverPool = new SolverPool();
