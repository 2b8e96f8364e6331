import { Worker, type Transferable } from 'node:worker_threads';

/** What kind of work a thread does. */
export interface ThreadKind {
  /** Begins messages about it: "The solver's thread". */
  name: string;
  /** The module it runs. */
  entry: URL;
  /** Its `workerData`. */
  data?: unknown;
  /** What it prints is dropped: a line of a library's could spoil a JSON document on stdout. */
  quiet?: boolean;
}

/** A thread ended by itself: an error nobody caught, want of memory, a call of `process.exit`. */
export class ThreadFault extends Error {
  constructor(
    message: string,
    readonly outOfMemory: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ThreadFault';
  }
}

export interface ThreadListener<From> {
  message(message: From): void;
  /** Called once, when the thread ends by itself; `end` is not told. */
  failed?(fault: ThreadFault): void;
}

/** One worker thread. It keeps the process alive until `unref`; its end, however it comes, is heard exactly once. */
export class WorkerThread<To, From> {
  readonly #worker: Worker;
  readonly #listeners = new Set<ThreadListener<From>>();
  #ended = false;

  constructor(kind: ThreadKind) {
    const quiet = kind.quiet ?? false;
    this.#worker = new Worker(kind.entry, {
      workerData: kind.data,
      // Flags of the caller's (--input-type, loaders) are not for us.
      execArgv: [],
      // Streams of ours that nobody reads: reading them would keep the process alive.
      stdout: quiet,
      stderr: quiet,
    });
    const fail = (why: string, error?: Error & { code?: string }) =>
      this.#fail(
        new ThreadFault(`${kind.name} ${why}`, error?.code === 'ERR_WORKER_OUT_OF_MEMORY', { cause: error }),
      );
    this.#worker.on('message', (message: From) => {
      for (const listener of [...this.#listeners]) listener.message(message);
    });
    this.#worker.on('messageerror', (error) => {
      fail(`sent what cannot be read: ${error.message}`, error);
      void this.#worker.terminate();
    });
    this.#worker.on('error', (error: Error) => fail(`failed: ${error?.message ?? String(error)}`, error));
    this.#worker.on('exit', (code) => fail(`ended with status ${code} before its work was done`));
  }

  /** It takes no more work. */
  get ended(): boolean {
    return this.#ended;
  }

  post(message: To, transfer: readonly Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Hears every message from now on; call the result to stop. Listening to a thread that has ended hears nothing. */
  listen(listener: ThreadListener<From>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  ref(): void {
    this.#worker.ref();
  }

  unref(): void {
    this.#worker.unref();
  }

  /** Ends it, whatever it is doing. Its listeners hear `fault`, where one is given. */
  async end(fault?: ThreadFault): Promise<void> {
    if (fault) this.#fail(fault);
    this.#ended = true;
    this.#listeners.clear();
    await this.#worker.terminate();
  }

  #fail(fault: ThreadFault): void {
    if (this.#ended) return;
    this.#ended = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.failed?.(fault);
  }
}
