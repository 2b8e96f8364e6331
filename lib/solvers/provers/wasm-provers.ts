import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SmugError } from '../../errors.js';
import { converse } from '../../threads/converse.js';
import { ThreadPool } from '../../threads/thread-pool.js';
import { type Prover, type ProverAnswer, type ProverQuestion, type Provers, stoppedEmpty } from './prover.js';
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
  readonly #pool: ThreadPool<ToWasm, FromWasm>;

  constructor(
    readonly name: 'z3-wasm' | 'highs-wasm',
    packageName: string,
    script: string,
    threads: number,
  ) {
    this.version = installedVersion(packageName);
    const entry = new URL(script, import.meta.url);
    this.#pool = new ThreadPool({ name: `${name}'s thread`, entry, quiet: true }, { size: threads });
  }

  async solve({ signal, improved, bounded, ...question }: ProverQuestion): Promise<ProverAnswer> {
    const nothing = (): ProverAnswer => ({ ...stoppedEmpty });
    const thread = await this.#pool.take({ signal });
    if (thread === null) return nothing();
    const stop = new Int32Array(new SharedArrayBuffer(4));
    try {
      return await converse<ToWasm, FromWasm, ProverAnswer>(thread, {
        begin: () => thread.post({ question, stop }),
        hear(message) {
          if (message.kind === 'answer') return message.answer;
          if (message.kind === 'failed') throw new Error(message.message);
          if (message.kind === 'improved') improved?.(message.mask);
          else bounded?.(message.bound);
          return undefined;
        },
        early: {
          signal,
          stop: () => Atomics.store(stop, 0, 1),
          graceMs: STOP_GRACE_MS,
          abandoned: nothing,
        },
      });
    } catch (error) {
      // What a module that failed has left in its memory is unknown: the next question starts another.
      await thread.end();
      if (signal?.aborted) return nothing();
      throw new SmugError('SOLVER_FAILED', `${this.name} failed: ${(error as Error).message}`, {
        cause: error,
      });
    } finally {
      this.#pool.give(thread);
    }
  }

  dispose(): void {
    this.#pool.endIdle();
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
