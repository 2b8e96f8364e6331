import { Worker } from 'node:worker_threads';
import { aborted, SmugError, throwIfAborted } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { BackendChoice } from './backend.js';
import { errorOf, type Outcomes, type Reply, type Request, type Work } from './messages.js';

interface Job {
  work: Work;
  /** Rejected by its signal: nobody waits for the outcome any more. */
  settled: boolean;
  resolve(outcome: unknown): void;
  reject(error: unknown): void;
}

interface Thread {
  worker: Worker;
  ready: Promise<string>;
  /** Networks this thread has compiled. */
  networks: Set<number>;
  busy: boolean;
  ended: boolean;
}

/** How long threads without any network wait for the next one before they end and give their memory back. */
const idleMs = 5000;

/**
 * Worker threads, each with its own TensorFlow.js, that share a queue of work. They start when there is work
 * for them, and hold the process only while somebody waits for an outcome.
 */
export class Workers {
  readonly size: number;
  readonly #choice: BackendChoice;
  readonly #threads: Thread[] = [];
  readonly #queue: Job[] = [];
  readonly #graphs = new Map<number, Graph>();
  #nextRequest = 0;
  #nextNetwork = 0;
  #waiting = 0;
  #idleTimer: NodeJS.Timeout | null = null;

  constructor(size: number, choice: BackendChoice) {
    this.size = size;
    this.#choice = choice;
  }

  /** Starts the first thread; the back end's description. @throws SmugError ENGINE_UNAVAILABLE. */
  async start(): Promise<string> {
    this.#hold(+1);
    try {
      const description = await (this.#threads[0] ?? this.#spawn()).ready;
      this.#endWhenIdle();
      return description;
    } finally {
      this.#hold(-1);
    }
  }

  /** Makes a network known; threads compile it when they first get work for it, one of them at once. */
  async add(graph: Graph): Promise<number> {
    const network = this.#nextNetwork++;
    this.#graphs.set(network, graph);
    try {
      await this.run({ kind: 'compile', network, graph });
    } catch (error) {
      this.remove(network);
      throw error;
    }
    return network;
  }

  remove(network: number): void {
    this.#graphs.delete(network);
    for (const thread of this.#threads) {
      if (thread.networks.delete(network)) this.#post(thread, { kind: 'dispose', network });
    }
    this.#endWhenIdle();
  }

  /**
   * Runs one piece of work on the first free thread. An aborted signal rejects at once; work that has
   * already begun runs to its end unheard.
   */
  run<W extends Work>(work: W, signal?: AbortSignal): Promise<Outcomes[W['kind']]> {
    throwIfAborted(signal);
    return new Promise((resolve, reject) => {
      const settle = () => {
        job.settled = true;
        signal?.removeEventListener('abort', onAbort);
        this.#hold(-1);
      };
      const job: Job = {
        work,
        settled: false,
        resolve: (outcome) => job.settled || (settle(), resolve(outcome as Outcomes[W['kind']])),
        reject: (error) => job.settled || (settle(), reject(error)),
      };
      const onAbort = () => job.reject(aborted(signal));
      signal?.addEventListener('abort', onAbort);
      this.#hold(+1);
      this.#queue.push(job);
      this.#dispatch();
    });
  }

  /** Tensors alive in every thread; for tests of leaks. */
  async counts(): Promise<number[]> {
    this.#hold(+1);
    try {
      return await Promise.all(
        this.#threads.map(async (thread) => {
          await thread.ready;
          return (await this.#ask(thread, { kind: 'count' })) as number;
        }),
      );
    } finally {
      this.#hold(-1);
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.worker.terminate()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const free = this.#threads.find((thread) => !thread.busy);
      const thread = free ?? (this.#threads.length < this.size ? this.#spawn() : undefined);
      if (thread === undefined) return;
      const job = this.#queue.shift()!;
      if (job.settled) continue;
      void this.#perform(thread, job);
    }
  }

  async #perform(thread: Thread, job: Job): Promise<void> {
    thread.busy = true;
    try {
      await thread.ready;
      await this.#compileFor(thread, job.work);
      if (job.work.kind === 'compile') job.resolve(null);
      else job.resolve(await this.#ask(thread, job.work));
    } catch (error) {
      job.reject(error);
      // Out of memory and out of bounds leave the WASM heap in an unknown state: a new thread starts clean.
      const { code } = error as SmugError;
      if ((code === 'ENGINE_FAILED' || code === 'OUT_OF_MEMORY') && !thread.ended) this.#discard(thread);
    } finally {
      thread.busy = false;
      this.#dispatch();
    }
  }

  async #compileFor(thread: Thread, work: Work): Promise<void> {
    if (!('network' in work) || thread.networks.has(work.network)) return;
    const graph = this.#graphs.get(work.network);
    if (graph === undefined) throw new Error('the compiled network was disposed');
    await this.#ask(thread, { kind: 'compile', network: work.network, graph });
    thread.networks.add(work.network);
  }

  readonly #asked = new Map<
    number,
    { thread: Thread; resolve(outcome: unknown): void; reject(error: Error): void }
  >();

  #ask(thread: Thread, work: Work): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (thread.ended) return reject(endedError());
      const id = this.#post(thread, work);
      this.#asked.set(id, { thread, resolve, reject });
    });
  }

  #post(thread: Thread, work: Work): number {
    const id = this.#nextRequest++;
    const transfer = 'inputs' in work ? work.inputs.map(({ data }) => data.buffer as ArrayBuffer) : [];
    thread.worker.postMessage({ id, work } satisfies Request, transfer);
    return id;
  }

  #spawn(): Thread {
    // Not the parent's flags: a loader given with --import would only slow the thread's start. Its output is
    // kept from the parent's, where a single line could spoil a JSON document.
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: this.#choice,
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    if (this.#waiting === 0) worker.unref();
    const ready = new Promise<string>((resolve, reject) => {
      worker.on('message', (reply: Reply) => {
        const asked = reply.id === -1 ? { resolve, reject } : this.#asked.get(reply.id);
        this.#asked.delete(reply.id);
        if ('failure' in reply) asked?.reject(errorOf(reply.failure));
        else asked?.resolve(reply.outcome as string);
      });
      worker.on('error', (error) => {
        this.#forget(thread);
        reject(
          new SmugError('ENGINE_FAILED', `A tfjs worker thread failed: ${error.message}`, { cause: error }),
        );
      });
      worker.on('exit', () => {
        this.#forget(thread);
        reject(endedError());
      });
    });
    // Waited for where the thread is used; a failure nobody waits for is not an unhandled one.
    ready.catch(() => this.#forget(thread));
    const thread: Thread = { worker, ready, networks: new Set(), busy: false, ended: false };
    this.#threads.push(thread);
    return thread;
  }

  #discard(thread: Thread): void {
    this.#forget(thread);
    void thread.worker.terminate();
  }

  #forget(thread: Thread): void {
    thread.ended = true;
    const index = this.#threads.indexOf(thread);
    if (index >= 0) this.#threads.splice(index, 1);
    for (const [id, asked] of this.#asked) {
      if (asked.thread !== thread) continue;
      this.#asked.delete(id);
      asked.reject(endedError());
    }
  }

  /** Counts who waits; threads keep the process alive only while somebody does. */
  #hold(change: 1 | -1): void {
    this.#waiting += change;
    for (const { worker } of this.#threads) {
      if (this.#waiting > 0) worker.ref();
      else worker.unref();
    }
  }

  #endWhenIdle(): void {
    this.#idleTimer?.refresh();
    this.#idleTimer ??= setTimeout(() => {
      this.#idleTimer = null;
      if (this.#waiting > 0 || this.#graphs.size > 0) return;
      for (const thread of [...this.#threads]) this.#discard(thread);
    }, idleMs).unref();
  }
}

function endedError(): SmugError {
  return new SmugError(
    'ENGINE_FAILED',
    'A tfjs worker thread ended before its work was done, probably for want of memory. ' +
      'Try a smaller memory budget, fewer threads, or another engine (--engine cpu).',
  );
}
