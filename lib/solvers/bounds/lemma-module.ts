import { readFileSync } from 'node:fs';
import { SmugError } from '../../errors.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';

/** What is used of the global; its types come with a browser's, which the library does without. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: unknown };
  RuntimeError: new (message: string) => Error;
};

/** What native/solver/wasm/lemma_module.cc exports; numbers that point into the memory are bytes. */
interface LemmaModule {
  memory: { buffer: ArrayBuffer };
  /** The reactor's constructors run once, before anything else. */
  _initialize(): void;
  allocate(bytes: number): number;
  release(block: number): void;
  begin(
    variables: number,
    rows: number,
    entries: number,
    offsets: number,
    columns: number,
    coefficients: number,
    bounds: number,
    target: number,
    recorded: number,
  ): void;
  lower(target: number): void;
  resume(nodes: number): number;
  candidate(): number;
  rootBound(): number;
  nodes(): number;
  used(): number;
  relaxation(): number;
  multipliers(): number;
  proofVectors(): number;
  proofLemmas(): number;
  count(): number;
}

export interface LemmaState {
  /** `candidate`: a mask of the rows with fewer ones than the target; lower it, or give up. */
  state: 'running' | 'proven' | 'candidate';
  candidate: Uint8Array | null;
  /** No mask has fewer ones, as the relaxation at the root shows. */
  rootBound: number;
  nodes: number;
  /** Bytes that the proof takes so far, roughly. */
  memory: number;
}

/** Vectors: lists that each stand after their length. */
export interface LemmaNumbers {
  vectors: Float64Array;
  lemmas: Float64Array;
}

type Numbers = 'relaxation' | 'multipliers' | 'proofVectors' | 'proofLemmas';

const STATES = ['running', 'proven', 'candidate'] as const;
/** WASI's answer to whoever writes or closes a file: there is none. */
const BAD_FILE = 8;

let compiled: object | undefined;

function instantiate(): LemmaModule {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./lemma-search.wasm', import.meta.url)));
  const refuse = () => BAD_FILE;
  const files = { fd_close: refuse, fd_seek: refuse, fd_write: refuse };
  const { exports } = new WebAssembly.Instance(compiled, { wasi_snapshot_preview1: files });
  const module = exports as LemmaModule;
  // oxlint-disable-next-line no-underscore-dangle -- WASI's name
  module._initialize();
  return module;
}

let isUsable: boolean | undefined;

/** Whether this thread has room for the module at all: a process whose address space is bounded may not. */
export function lemmaModuleRuns(): boolean {
  try {
    isUsable ??= instantiate() !== null;
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    isUsable = false;
  }
  return isUsable;
}

/**
 * The search of native/solver/lemma_search.h as WebAssembly, from the same source: it takes the same steps as the addon's, in some twice
 * their time. Every search has an instance of its own, whose memory goes with it.
 */
export class LemmaModuleSearch {
  readonly #module: LemmaModule;
  readonly #variables: number;

  /** @throws SmugError OUT_OF_MEMORY, as every call */
  constructor(problem: IntegerProblem, target: number, recorded: boolean) {
    const { variables, offsets, columns, coefficients, bounds } = problem;
    this.#variables = variables;
    this.#module = inMemory(instantiate);
    inMemory(() => {
      const arrays = [offsets, columns, coefficients, bounds].map((array) => this.#put(array));
      const [at, of, worth, least] = arrays;
      this.#module.begin(variables, bounds.length, columns.length, at, of, worth, least, target, +recorded);
      for (const block of arrays) this.#module.release(block);
    });
  }

  lower(target: number): void {
    inMemory(() => this.#module.lower(target));
  }

  relaxation(): Float64Array {
    return this.#numbers('relaxation');
  }

  multipliers(): Float64Array {
    return this.#numbers('multipliers');
  }

  resume(nodes: number): LemmaState {
    const module = this.#module;
    // Infinity is no number of nodes to WebAssembly's integers.
    const state = STATES[inMemory(() => module.resume(Math.min(nodes, Number.MAX_SAFE_INTEGER)))];
    const found = state === 'candidate';
    return {
      state,
      candidate: found
        ? new Uint8Array(module.memory.buffer, module.candidate() >>> 0, this.#variables).slice()
        : null,
      rootBound: module.rootBound(),
      nodes: module.nodes(),
      memory: module.used(),
    };
  }

  proof(): LemmaNumbers {
    return { vectors: this.#numbers('proofVectors'), lemmas: this.#numbers('proofLemmas') };
  }

  #numbers(which: Numbers): Float64Array {
    const module = this.#module;
    const at = inMemory(() => module[which]());
    return new Float64Array(module.memory.buffer, at >>> 0, module.count() >>> 0).slice();
  }

  #put(array: Uint32Array | Int32Array | Float64Array): number {
    const block = this.#module.allocate(Math.max(1, array.byteLength));
    if (block === 0) throw new WebAssembly.RuntimeError('no memory for the rows');
    // Made after the memory may have grown, which takes earlier views away.
    const bytes = new Uint8Array(this.#module.memory.buffer, block >>> 0, array.byteLength);
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return block;
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

/** The module ends in a trap where its memory is out; nothing else in it does. */
function inMemory<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    throw new SmugError('OUT_OF_MEMORY', 'The search of a component does not fit in memory.', {
      cause: error,
    });
  }
}
