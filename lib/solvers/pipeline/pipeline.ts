import { setMaxListeners } from 'node:events';
import { exactRowSign, holdsInFloat64, satisfiesExactly } from '../../masks/exact.js';
import { roundRows } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import type { MaskStatus, SolveReport } from '../report.js';
import type { Provers } from '../provers/prover.js';
import { fastestLemmaSearch } from '../bounds/lemma-search.js';
import { fastestBlockSearch } from '../bounds/block-search.js';
import { solveComponent } from './component-solver.js';
import { ComponentState, type ComponentResult, type Confirm } from './component-state.js';
import { componentKey, componentTruth, splitComponents, type Component } from './components.js';
import { Improver } from './improver.js';
import { presolve, type PresolvedRows } from './presolve.js';
import { Slots } from './slots.js';

export interface PipelineOptions {
  seed: number;
  threads: number;
  signal: AbortSignal;
  /** The addon is there and may be used, by the threads that lift bounds. Default false. */
  native?: boolean;
  /** Threads that search masks and lift bounds of large components beside the provers. Default: none. */
  improvement?: (states: readonly ComponentState[]) => { stop(): void };
  /** Loads the provers when the first component needs one. */
  provers: () => Promise<Provers>;
  /** How long to wait for a second prover. Default: to the end. */
  confirm?: Confirm;
  /** Keep proofs for a certificate. Default false. */
  record?: boolean;
  /** False sends even tiny components to the provers; for tests of these. */
  enumeration?: boolean;
  /** Called after every change; `mask` only where it has changed. */
  progress?: (progress: PipelineProgress) => void;
}

interface PipelineProgress {
  size: number | null;
  lowerBound: number;
  elapsedMs: number;
  mask: Uint8Array | null;
}

export interface PipelineResult {
  status: MaskStatus;
  mask: Uint8Array | null;
  size: number;
  lowerBound: number;
  report: SolveReport;
  parts: SolvedPart[];
  presolved: PresolvedRows;
}

export interface SolvedPart {
  component: Component;
  result: ComponentResult;
}

/**
 * Solves a validated problem: integer rows, presolve, components, each by `ComponentState`, put together and
 * checked against every row in exact arithmetic. The one description of the method for native and WASM.
 */
export async function solvePipeline(
  problem: CsrMaskProblem,
  options: PipelineOptions,
): Promise<PipelineResult> {
  return new Pipeline(problem, options).run();
}

class Pipeline {
  readonly start = performance.now();
  readonly presolved: PresolvedRows;
  readonly components: Component[];
  /** Components with equal keys share one state. */
  readonly states: ComponentState[] = [];
  readonly stateOf: number[] = [];
  readonly stop = new AbortController();
  readonly proversUsed = new Set<string>();
  readonly multiplicity: number[] = [];
  forcedOnes = 0;
  agreementMs: number | null = null;

  constructor(
    readonly problem: CsrMaskProblem,
    readonly options: PipelineOptions,
  ) {
    this.presolved = presolve(problem, roundRows(problem));
    for (const value of this.presolved.values) if (value === 1) this.forcedOnes++;
    this.components = splitComponents(this.presolved);
    const slots = new Slots(options.threads);
    // One listener per running prover is meant, however many there are.
    setMaxListeners(0, this.stop.signal, options.signal);
    const blockSearch = fastestBlockSearch(options.native ?? false);
    const makeLemmas = options.enumeration === false ? null : fastestLemmaSearch(options.native ?? false);
    const byKey = new Map<string, number>();
    const provers = async () => {
      const loaded = await options.provers();
      for (const prover of [loaded.z3, loaded.highs]) {
        if (prover) this.proversUsed.add(`${prover.name} ${prover.version}`);
      }
      return loaded;
    };
    for (const component of this.components) {
      const truth = componentTruth(problem, component, this.presolved.values);
      const key = componentKey(component, truth);
      let index = byKey.get(key);
      if (index === undefined) {
        index = this.states.length;
        byKey.set(key, index);
        this.multiplicity.push(0);
        this.states.push(
          new ComponentState(
            { floor: component.floor, ceiling: component.ceiling, truth },
            {
              provers,
              slots,
              signal: this.stop.signal,
              seed: options.seed,
              blockSearch,
              makeLemmas,
              record: options.record === true,
              confirm: options.confirm ?? 'always',
              start: this.start,
              enumeration: options.enumeration !== false,
              changed: () => this.changed(),
            },
          ),
        );
      }
      this.multiplicity[index]++;
      this.stateOf.push(index);
    }
  }

  async run(): Promise<PipelineResult> {
    if (this.presolved.infeasible) return this.infeasible([]);
    const { signal } = this.options;
    const abort = () => this.stop.abort();
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    let results: ComponentResult[];
    try {
      results = await this.solveAll();
    } finally {
      signal.removeEventListener('abort', abort);
      this.stop.abort();
    }
    return this.assemble(results);
  }

  async solveAll(): Promise<ComponentResult[]> {
    const improvement = this.options.improvement?.(this.states);
    const running: Promise<ComponentResult>[] = [];
    let lastTurn = performance.now();
    for (const state of this.states) {
      running.push(
        solveComponent(state).then((result) => {
          // One component without a mask settles the whole problem.
          if (result.status === 'infeasible') this.stop.abort();
          return result;
        }),
      );
      if (performance.now() - lastTurn > 20) {
        await new Promise((resolve) => setImmediate(resolve));
        lastTurn = performance.now();
      }
    }
    const improver = new Improver(this.states, this.multiplicity, this.stop.signal, this.options.seed);
    const improving = improver.run();
    // Every promise is awaited even when one fails, so that nothing is left running.
    const settled = await Promise.allSettled(
      running.map((promise) =>
        promise.catch((error) => {
          this.stop.abort();
          throw error;
        }),
      ),
    );
    this.stop.abort();
    await improving;
    improvement?.stop();
    return settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  get lowerBound(): number {
    let bound = this.forcedOnes;
    this.states.forEach((state, i) => (bound += this.multiplicity[i] * state.shownBound));
    return bound;
  }

  get size(): number {
    let size = this.forcedOnes;
    this.states.forEach((state, i) => (size += this.multiplicity[i] * state.seenSize));
    return size;
  }

  #reported = 0;
  #scheduled = false;

  changed(): void {
    // Sums over all components are only taken now and then.
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.stop.signal.aborted) return;
      this.report();
    });
  }

  report(): void {
    const { size, lowerBound } = this;
    const now = performance.now();
    if (this.agreementMs === null && size === lowerBound) this.agreementMs = now - this.start;
    if (now - this.#reported < 30 && size !== lowerBound) {
      setTimeout(() => this.stop.signal.aborted || this.changed(), 30).unref();
      return;
    }
    this.#reported = now;
    const finite = Number.isFinite(size);
    this.options.progress?.({
      size: finite ? size : null,
      lowerBound: Number.isFinite(lowerBound) ? lowerBound : 0,
      elapsedMs: now - this.start,
      mask: finite ? this.wholeMask() : null,
    });
  }

  wholeMask(): Uint8Array {
    const mask = Uint8Array.from(this.presolved.values, (value) => (value === 1 ? 1 : 0));
    this.components.forEach((component, i) => {
      const { best, bestSize, seen, seenSize } = this.states[this.stateOf[i]];
      const mine = seenSize < bestSize ? seen : best;
      if (mine) component.variables.forEach((variable, j) => (mask[variable] = mine[j]));
    });
    return mask;
  }

  assemble(results: ComponentResult[]): PipelineResult {
    const parts = this.components.map((component, i) => ({ component, result: results[this.stateOf[i]] }));
    if (results.some(({ status }) => status === 'infeasible')) return this.infeasible(parts);
    const lowerBound = Number.isFinite(this.lowerBound) ? this.lowerBound : this.forcedOnes;
    const complete = results.every(({ mask }) => mask !== null);
    const mask = complete ? this.wholeMask() : this.allOnes();
    if (mask !== null) this.check(mask);
    const size = mask === null ? 0 : mask.reduce((sum, value) => sum + value, 0);
    const optimal = mask !== null && results.every(({ status }) => status === 'optimal');
    const elapsed = performance.now() - this.start;
    if (mask !== null && size === lowerBound) this.agreementMs ??= elapsed;
    const status = mask === null ? 'unknown' : optimal ? 'optimal' : 'feasible';
    return {
      status,
      mask,
      size,
      lowerBound,
      parts,
      presolved: this.presolved,
      report: this.reportOf(parts, results, mask, optimal ? elapsed : null),
    };
  }

  /** What stands in for a mask where a component has none yet; null where it does not hold. */
  allOnes(): Uint8Array | null {
    const ones = new Uint8Array(this.problem.variables).fill(1);
    return satisfiesExactly(this.problem, ones) ? ones : null;
  }

  /** The last check before a mask leaves: every row, in exact arithmetic. */
  check(mask: Uint8Array): void {
    for (let row = 0; row < this.problem.lower.length; row++) {
      if (exactRowSign(this.problem, row, mask) !== 1) {
        throw new Error(`the assembled mask breaks row ${row}: a defect of presolve or of its undoing`);
      }
    }
  }

  infeasible(parts: SolvedPart[]): PipelineResult {
    const elapsed = performance.now() - this.start;
    this.agreementMs ??= elapsed;
    const results = [...new Set(parts.map(({ result }) => result))];
    return {
      status: 'infeasible',
      mask: null,
      size: 0,
      lowerBound: 0,
      parts,
      presolved: this.presolved,
      report: this.reportOf(parts, results, null, elapsed),
    };
  }

  reportOf(
    parts: SolvedPart[],
    results: ComponentResult[],
    mask: Uint8Array | null,
    confirmationMs: number | null,
  ): SolveReport {
    const settled = ({ status }: ComponentResult) => status === 'optimal' || status === 'infeasible';
    const own = (result: ComponentResult) => result.proofs.some(({ by }) => CHECKED.includes(by));
    const count = (test: (result: ComponentResult) => boolean) =>
      parts.reduce((sum, { result }) => sum + (test(result) ? 1 : 0), 0);
    return {
      presolve: this.presolved.counts,
      components: {
        count: this.components.length,
        distinct: this.states.length,
        largest: this.components.at(-1)?.variables.length ?? 0,
        enumerated: count((result) => settled(result) && own(result)),
        confirmed: count((result) => settled(result) && !own(result) && result.confirmed),
        unconfirmed: count(
          (result) => !(settled(result) && result.confirmed) && result.lowerBound === sizeOf(result),
        ),
        oneProver: count((result) => !own(result) && new Set(result.proofs.map(({ by }) => by)).size === 1),
        open: count((result) => !settled(result) && result.lowerBound !== sizeOf(result)),
      },
      provers: [...this.proversUsed],
      faults: results.reduce((sum, { faults }) => sum + faults, 0),
      refuted: results.reduce((sum, { cuts }) => sum + cuts.length, 0),
      robust: mask !== null && holdsInFloat64(this.problem, mask),
      agreementMs: this.agreementMs,
      confirmationMs: results.every(({ confirmed }) => confirmed) ? confirmationMs : null,
    };
  }
}

const CHECKED: readonly string[] = ['enumeration', 'rows', 'dual', 'blocks', 'lemmas'];

function sizeOf(result: ComponentResult): number {
  return result.mask === null ? Infinity : result.mask.reduce((sum, value) => sum + value, 0);
}
