import { ThreadFault, WorkerThread, type ThreadKind } from './worker-thread.js';
import { timer } from './timer.js';

export interface PoolOptions {
  /** Threads at most. */
  size: number;
  /** An idle thread is ended after this time, in milliseconds. Default 30,000. */
  idleMs?: number;
  /** Idle threads stay as long as it says so, for what they hold. */
  keepsIdle?: () => boolean;
}

/** How long somebody waits for a thread. */
export interface Waiting<Thread> {
  signal?: AbortSignal;
  /** `performance.now()` at which to give up. Default: never. */
  deadline?: number;
  /** Which of several idle threads is wanted. */
  prefers?: (thread: Thread) => boolean;
}

/**
 * Warm worker threads of one kind, each for one piece of work at a time. They start when there is work for them and
 * none is idle; more work than threads waits its turn. Threads in use keep the process alive, idle ones do not and end
 * after a while; one that dies is forgotten, and replaced when it is needed. Works in worker threads as in the main one.
 */
export class ThreadPool<To, From> {
  readonly size: number;
  readonly #kind: ThreadKind;
  readonly #idleMs: number;
  readonly #keepsIdle: () => boolean;
  readonly #threads = new Set<WorkerThread<To, From>>();
  /** The one that rested last is taken first. */
  readonly #idle = new Map<WorkerThread<To, From>, NodeJS.Timeout>();
  readonly #waiting: (() => void)[] = [];

  constructor(kind: ThreadKind, { size, idleMs = 30_000, keepsIdle = () => false }: PoolOptions) {
    this.#kind = kind;
    this.size = size;
    this.#idleMs = idleMs;
    this.#keepsIdle = keepsIdle;
  }

  /** All that are alive, in use or idle. */
  get threads(): readonly WorkerThread<To, From>[] {
    return [...this.#threads];
  }

  /** A thread for the caller alone, who gives it back; null where the wait was given up. */
  async take(waiting: Waiting<WorkerThread<To, From>> = {}): Promise<WorkerThread<To, From> | null> {
    const { signal, deadline = Infinity, prefers } = waiting;
    const left = deadline - performance.now();
    if (signal?.aborted || left <= 0) return null;
    const free = this.#free(prefers);
    if (free !== null) return free;
    return new Promise((resolve, reject) => {
      const leave = () => {
        stopTimer();
        signal?.removeEventListener('abort', giveUp);
        const at = this.#waiting.indexOf(enter);
        if (at >= 0) this.#waiting.splice(at, 1);
      };
      const giveUp = () => {
        leave();
        resolve(null);
      };
      const enter = () => {
        leave();
        try {
          resolve(this.#free(prefers));
        } catch (error) {
          reject(error as Error);
        }
      };
      const stopTimer = timer(left, giveUp);
      signal?.addEventListener('abort', giveUp);
      this.#waiting.push(enter);
    });
  }

  /** Ends the caller's use of a thread, which rests until it is taken again, if it is still alive. */
  give(thread: WorkerThread<To, From>): void {
    if (thread.ended) this.#threads.delete(thread);
    else this.#rest(thread);
    this.#next();
  }

  /** Ends the idle threads. */
  endIdle(): void {
    for (const thread of [...this.#idle.keys()]) this.#end(thread);
  }

  /** Ends all threads; whoever waits for one of them hears that it failed. */
  async end(): Promise<void> {
    const fault = new ThreadFault(`${this.#kind.name} was ended`, false);
    this.#idle.forEach((timeout) => clearTimeout(timeout));
    this.#idle.clear();
    const threads = [...this.#threads];
    this.#threads.clear();
    await Promise.all(threads.map((thread) => thread.end(fault)));
  }

  #free(prefers: (thread: WorkerThread<To, From>) => boolean = () => true): WorkerThread<To, From> | null {
    const idle = [...this.#idle.keys()].reverse();
    const thread =
      idle.find(prefers) ?? idle.at(0) ?? (this.#threads.size < this.size ? this.#start() : null);
    if (thread === null) return null;
    clearTimeout(this.#idle.get(thread));
    this.#idle.delete(thread);
    thread.ref();
    return thread;
  }

  #start(): WorkerThread<To, From> {
    const thread = new WorkerThread<To, From>(this.#kind);
    this.#threads.add(thread);
    thread.listen({
      message: () => {},
      // An idle one's failure is of no consequence; who uses it listens too.
      failed: () => {
        clearTimeout(this.#idle.get(thread));
        this.#idle.delete(thread);
        this.#threads.delete(thread);
        this.#next();
      },
    });
    return thread;
  }

  #rest(thread: WorkerThread<To, From>): void {
    thread.unref();
    const timeout = setTimeout(() => {
      if (this.#keepsIdle()) timeout.refresh();
      else this.#end(thread);
    }, this.#idleMs).unref();
    this.#idle.set(thread, timeout);
  }

  #end(thread: WorkerThread<To, From>): void {
    clearTimeout(this.#idle.get(thread));
    this.#idle.delete(thread);
    this.#threads.delete(thread);
    void thread.end();
  }

  #next(): void {
    if (this.#idle.size > 0 || this.#threads.size < this.size) this.#waiting[0]?.();
  }
}
