import { aborted, SmugError, throwIfAborted } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { converse } from '../../threads/converse.js';
import { errorOf, type Failure } from '../../threads/failure.js';
import { ThreadPool } from '../../threads/thread-pool.js';
import type { ThreadFault, WorkerThread } from '../../threads/worker-thread.js';
import type { BackendChoice } from './backend.js';
import type { Outcomes, Reply, Request, Work } from './messages.js';

type Thread = WorkerThread<Request, Reply>;

/** How long threads without any network wait for the next one before they end and give their memory back. */
const IDLE_MS = 5000;
/** The message that a thread sends first. */
const READY = -1;

/** Pooled threads, each with its own TensorFlow.js and its own copies of the networks that it has run. */
export class Workers {
  readonly #pool: ThreadPool<Request, Reply>;
  /** The networks that each thread has compiled, and what its back end says of itself. */
  readonly #states = new WeakMap<Thread, { networks: Set<number>; description: string }>();
  readonly #graphs = new Map<number, Graph>();
  #nextRequest = 0;
  #nextNetwork = 0;

  constructor(size: number, choice: BackendChoice) {
    this.#pool = new ThreadPool(
      {
        name: 'A tfjs worker thread',
        entry: new URL('./worker.js', import.meta.url),
        data: choice,
        quiet: true,
      },
      { size, idleMs: IDLE_MS, keepsIdle: () => this.#graphs.size > 0 },
    );
  }

  get size(): number {
    return this.#pool.size;
  }

  /** Starts the first thread; the back end's description. @throws SmugError ENGINE_UNAVAILABLE. */
  start(): Promise<string> {
    return this.#with(undefined, async (thread) => (await this.#ready(thread)).description);
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
    for (const thread of this.#pool.threads) {
      const known = this.#states.get(thread)?.networks.delete(network);
      if (known) thread.post({ id: this.#nextRequest++, work: { kind: 'dispose', network } });
    }
  }

  /**
   * Runs one piece of work on a free thread. An aborted signal rejects at once; work that has already begun runs to its
   * end unheard, without keeping the process alive.
   */
  async run<W extends Work>(work: W, signal?: AbortSignal): Promise<Outcomes[W['kind']]> {
    throwIfAborted(signal);
    return this.#with(
      signal,
      async (thread) => {
        await this.#ready(thread);
        await this.#compileFor(thread, work);
        if (work.kind === 'compile') return null as Outcomes[W['kind']];
        return (await this.#ask(thread, work)) as Outcomes[W['kind']];
      },
      (thread) => 'network' in work && this.#states.get(thread)?.networks.has(work.network) === true,
    );
  }

  /** Tensors alive in every thread; for tests of leaks. */
  async counts(): Promise<number[]> {
    const threads = this.#pool.threads;
    threads.forEach((thread) => thread.ref());
    try {
      return await Promise.all(
        threads.map(async (thread) => (await this.#ask(thread, { kind: 'count' })) as number),
      );
    } finally {
      threads.forEach((thread) => thread.unref());
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  /** `use` of a thread for the caller alone; rejects at once when the signal aborts. */
  #with<T>(
    signal: AbortSignal | undefined,
    use: (thread: Thread) => Promise<T>,
    prefers?: (thread: Thread) => boolean,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let used: Thread | null = null;
      const abort = () => {
        used?.unref();
        reject(aborted(signal));
      };
      signal?.addEventListener('abort', abort);
      const work = async () => {
        const thread = await this.#pool.take({ signal, prefers });
        if (thread === null) return;
        used = thread;
        try {
          resolve(await use(thread));
        } catch (error) {
          reject(error as Error);
          // Out of memory and out of bounds leave the WASM heap in an unknown state: a new thread starts clean.
          const { code } = error as SmugError;
          if (code === 'ENGINE_FAILED' || code === 'OUT_OF_MEMORY' || code === 'ENGINE_UNAVAILABLE') {
            void thread.end();
          }
        } finally {
          used = null;
          this.#pool.give(thread);
        }
      };
      work()
        .catch(reject)
        .finally(() => signal?.removeEventListener('abort', abort));
    });
  }

  async #ready(thread: Thread): Promise<{ networks: Set<number>; description: string }> {
    const known = this.#states.get(thread);
    if (known !== undefined) return known;
    const description = (await this.#reply(thread, READY)) as string;
    const state = { networks: new Set<number>(), description };
    this.#states.set(thread, state);
    return state;
  }

  async #compileFor(thread: Thread, work: Work): Promise<void> {
    const { networks } = await this.#ready(thread);
    if (!('network' in work) || networks.has(work.network)) return;
    const graph = this.#graphs.get(work.network);
    if (graph === undefined) throw new Error('the compiled network was disposed');
    await this.#ask(thread, { kind: 'compile', network: work.network, graph });
    networks.add(work.network);
  }

  #ask(thread: Thread, work: Work): Promise<unknown> {
    const id = this.#nextRequest++;
    const transfer = 'inputs' in work ? work.inputs.map(({ data }) => data.buffer as ArrayBuffer) : [];
    return this.#reply(thread, id, () => thread.post({ id, work }, transfer));
  }

  #reply(thread: Thread, id: number, begin = () => {}): Promise<unknown> {
    if (thread.ended) return Promise.reject(endedError());
    return converse<Request, Reply, { outcome: unknown }>(thread, {
      begin,
      hear(reply) {
        if (reply.id !== id) return undefined;
        if ('failure' in reply) throw engineError(reply.failure);
        return { outcome: reply.outcome };
      },
      failure: endedError,
    }).then(({ outcome }) => outcome);
  }
}

function endedError(fault?: ThreadFault): SmugError {
  return new SmugError(
    'ENGINE_FAILED',
    `${fault?.message ?? 'A tfjs worker thread ended before its work was done'}, probably for want of memory. ` +
      'Try a smaller memory budget, fewer threads, or another engine (--engine cpu).',
    { cause: fault },
  );
}

function engineError(failure: Failure): Error {
  const error = errorOf(failure);
  return error instanceof SmugError
    ? error
    : new SmugError('ENGINE_FAILED', `The tfjs engine failed: ${failure.message}`);
}
