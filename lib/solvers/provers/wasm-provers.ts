import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SmugError } from '../../errors.js';
import type { ProverAnswer, Prover, ProverQuestion, Provers } from './prover.js';
import type { FromWasm, ToWasm } from './wasm-messages.js';

/**
 * z3-solver and HiGHS as WebAssembly, up to `threads` instances of each in workers of their own: a module
 * solves one problem at a time, and a worker can be ended whatever its module is doing.
 */
export function wasmProvers(threads: number): Provers {
  return {
    z3: new WasmProver('z3-wasm', 'z3-solver', './z3-wasm-worker.js', threads),
    highs: new WasmProver('highs-wasm', 'highs', './highs-wasm-worker.js', threads),
  };
}

/** How long a prover may take to notice that it is to stop, before its worker is ended. */
const STOP_GRACE_MS = 60;

class WasmProver implements Prover {
  readonly version: string;
  readonly #idle: Host[] = [];
  readonly #waiting: ((host: Host) => void)[] = [];
  #hosts = 0;

  constructor(
    readonly name: 'z3-wasm' | 'highs-wasm',
    packageName: string,
    private readonly script: string,
    private readonly threads: number,
  ) {
    this.version = installedVersion(packageName);
  }

  async solve(question: ProverQuestion): Promise<ProverAnswer> {
    const host = await this.#acquire();
    try {
      return await host.ask(question);
    } finally {
      this.#release(host);
    }
  }

  async #acquire(): Promise<Host> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#hosts < this.threads) {
      this.#hosts++;
      return new Host(this.name, this.script);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(host: Host): void {
    const next = host.ended ? new Host(this.name, this.script) : host;
    const waiting = this.#waiting.shift();
    if (waiting) waiting(next);
    else if (host.ended) this.#hosts--;
    else this.#idle.push(host);
    if (!waiting && next !== host) next.end();
  }

  dispose(): void {
    for (const host of this.#idle.splice(0)) host.end();
  }
}

/** One module in its worker. */
class Host {
  ended = false;
  #worker: Worker | null = null;

  constructor(
    private readonly name: string,
    private readonly script: string,
  ) {}

  /** The worker starts with the first question and does not keep the process alive between questions. */
  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL(this.script, import.meta.url), {
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    worker.stdout.resume();
    worker.stderr.resume();
    this.#worker = worker;
    return worker;
  }

  async ask(question: ProverQuestion): Promise<ProverAnswer> {
    const { signal, improved, bounded, ...rest } = question;
    const nothing: ProverAnswer = {
      status: 'stopped',
      mask: null,
      lowerBound: 0,
      work: 0,
      wrongModel: false,
    };
    if (signal?.aborted) return nothing;
    const worker = this.#start();
    const stop = new Int32Array(new SharedArrayBuffer(4));
    worker.ref();
    return new Promise<ProverAnswer>((resolve, reject) => {
      let grace: NodeJS.Timeout | undefined;
      const settle = () => {
        clearTimeout(grace);
        signal?.removeEventListener('abort', onAbort);
        worker.off('message', onMessage);
        worker.off('error', onError);
        worker.off('exit', onExit);
        worker.unref();
      };
      const fail = (message: string) => {
        settle();
        this.end();
        if (signal?.aborted) resolve(nothing);
        else reject(new SmugError('SOLVER_FAILED', `${this.name} failed: ${message}`));
      };
      const onMessage = (message: FromWasm) => {
        if (message.kind === 'improved') improved?.(message.mask);
        else if (message.kind === 'bounded') bounded?.(message.bound);
        else if (message.kind === 'failed') fail(message.message);
        else if (message.kind === 'answer') {
          settle();
          resolve(message.answer);
        }
      };
      const onError = (error: Error) => fail(error.message);
      const onExit = (code: number) => fail(`its worker ended with status ${code}`);
      const onAbort = () => {
        Atomics.store(stop, 0, 1);
        grace = setTimeout(() => fail('it did not stop'), STOP_GRACE_MS);
      };
      worker.on('message', onMessage);
      worker.on('error', onError);
      worker.on('exit', onExit);
      signal?.addEventListener('abort', onAbort, { once: true });
      worker.postMessage({ question: rest, stop } satisfies ToWasm);
    });
  }

  end(): void {
    this.ended = true;
    void this.#worker?.terminate();
    this.#worker = null;
  }
}

/** Read from the file: not every package exports its package.json. */
function installedVersion(packageName: string): string {
  try {
    const require = createRequire(import.meta.url);
    for (const folder of require.resolve.paths(packageName) ?? []) {
      const file = join(folder, packageName, 'package.json');
      if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
    }
  } catch {
    // Where packages are bundled there is no such file.
  }
  return 'of unknown version';
}
