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
  ): number;
  end(search: number): void;
  lower(search: number, target: number): void;
  resume(search: number, nodes: number): number;
  candidate(search: number): number;
  rootBound(search: number): number;
  nodes(search: number): number;
  used(search: number): number;
  relaxation(search: number): number;
  multipliers(search: number): number;
  proofVectors(search: number): number;
  proofLemmas(search: number): number;
  count(search: number): number;
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

/** An instance whose searches have ended is let go when it has grown beyond this; its memory does not shrink. */
const KEPT_BYTES = 2 ** 26;

let compiled: object | undefined;
/** The instance of this thread that takes new searches. */
let current: Instance | undefined;

/**
 * Holds many searches: an instance for each took one to two milliseconds to begin, where this takes less than a tenth of one, and ten gigabytes
 * of addresses (a memory's guard pages).
 */
class Instance {
  readonly module: LemmaModule;
  #searches = 0;
  #isBroken = false;

  constructor() {
    compiled ??= new WebAssembly.Module(readFileSync(new URL('./lemma-search.wasm', import.meta.url)));
    const refuse = () => BAD_FILE;
    const files = { fd_close: refuse, fd_seek: refuse, fd_write: refuse };
    const { exports } = new WebAssembly.Instance(compiled, { wasi_snapshot_preview1: files });
    this.module = exports as LemmaModule;
    // oxlint-disable-next-line no-underscore-dangle -- WASI's name
    this.module._initialize();
  }

  /** @throws SmugError OUT_OF_MEMORY. The module ends in a trap then, and nothing of it can be trusted any more. */
  run<Result>(work: (module: LemmaModule) => Result): Result {
    try {
      if (!this.#isBroken) return work(this.module);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      this.#isBroken = true;
      this.#letGo();
    }
    throw new SmugError('OUT_OF_MEMORY', 'The search of a component does not fit in memory.');
  }

  begin(...search: Parameters<LemmaModule['begin']>): number {
    const held = this.module.begin(...search);
    this.#searches++;
    return held;
  }

  end(search: number): void {
    this.#searches--;
    if (!this.#isBroken) this.module.end(search);
    if (this.#searches === 0 && this.module.memory.buffer.byteLength > KEPT_BYTES) this.#letGo();
  }

  #letGo(): void {
    if (current === this) current = undefined;
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

/** Whether this thread has room for the module at all: a process whose address space is bounded may not. */
export function lemmaModuleRuns(): boolean {
  try {
    current ??= new Instance();
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    return false;
  }
  return true;
}

/** Searches that nobody has ended. */
const forgotten = new FinalizationRegistry<{ instance: Instance; search: number }>(({ instance, search }) =>
  instance.end(search),
);

/**
 * The search of native/solver/lemma_search.h as WebAssembly, from the same source: it takes the same steps as the addon's, in some one and a
 * half times their time.
 */
export class LemmaModuleSearch {
  readonly #instance: Instance;
  readonly #search: number;
  readonly #variables: number;

  /** @throws SmugError OUT_OF_MEMORY, as every call */
  constructor(problem: IntegerProblem, target: number, recorded: boolean) {
    const { variables, offsets, columns, coefficients, bounds } = problem;
    const instance = (current ??= new Instance());
    this.#instance = instance;
    this.#variables = variables;
    this.#search = instance.run((module) => {
      const arrays = [offsets, columns, coefficients, bounds].map((array) => put(module, array));
      const [at, of, worth, least] = arrays;
      const rows = bounds.length;
      const search = instance.begin(variables, rows, columns.length, at, of, worth, least, target, +recorded);
      for (const block of arrays) module.release(block);
      return search;
    });
    forgotten.register(this, { instance, search: this.#search }, this);
  }

  /** Gives its memory back; nothing else is to be called any more. */
  end(): void {
    if (forgotten.unregister(this)) this.#instance.end(this.#search);
  }

  lower(target: number): void {
    this.#instance.run((module) => module.lower(this.#search, target));
  }

  relaxation(): Float64Array {
    return this.#numbers('relaxation');
  }

  multipliers(): Float64Array {
    return this.#numbers('multipliers');
  }

  resume(nodes: number): LemmaState {
    const search = this.#search;
    return this.#instance.run((module) => {
      // Infinity is no number of nodes to WebAssembly's integers.
      const state = STATES[module.resume(search, Math.min(nodes, Number.MAX_SAFE_INTEGER))];
      return {
        state,
        candidate:
          state === 'candidate'
            ? new Uint8Array(module.memory.buffer, module.candidate(search) >>> 0, this.#variables).slice()
            : null,
        rootBound: module.rootBound(search),
        nodes: module.nodes(search),
        memory: module.used(search),
      };
    });
  }

  proof(): LemmaNumbers {
    return { vectors: this.#numbers('proofVectors'), lemmas: this.#numbers('proofLemmas') };
  }

  #numbers(which: Numbers): Float64Array {
    return this.#instance.run((module) => {
      const at = module[which](this.#search);
      return new Float64Array(module.memory.buffer, at >>> 0, module.count(this.#search) >>> 0).slice();
    });
  }
}

function put(module: LemmaModule, array: Uint32Array | Int32Array | Float64Array): number {
  const block = module.allocate(Math.max(1, array.byteLength));
  if (block === 0) throw new WebAssembly.RuntimeError('no memory for the rows');
  // Made after the memory may have grown, which takes earlier views away.
  const bytes = new Uint8Array(module.memory.buffer, block >>> 0, array.byteLength);
  bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return block;
}
