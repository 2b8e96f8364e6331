import { satisfiesExactly } from '../../masks/exact.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import type { MakeBlockSearch } from '../bounds/block-search.js';
import type { MakeLemmaSearch } from '../bounds/lemma-search.js';
import type { BoundEvidence } from '../bound-evidence.js';
import { sizeOfMask } from '../../masks/mask-cost.js';
import type { ExtraRow } from '../../masks/extra-rows.js';
import type { Provers } from '../provers/prover.js';
import type { Proof } from '../proof.js';
import type { Slots } from './slots.js';

/** From this number of variables on a component is not waited for: search and bounds get threads of their own at once. */
export const LARGE_VARIABLES = 3000;

/** `brief`: as long again as the first proof took, and at least a second; `never`: not at all; `always`: to its end. */
export type Confirm = 'always' | 'brief' | 'never';

const LEAST_CONFIRMATION_MS = 1000;

export interface ComponentResult {
  status: 'optimal' | 'feasible' | 'infeasible' | 'unknown';
  /** Truly feasible whenever there is one. */
  mask: Uint8Array | null;
  lowerBound: number;
  /** What the lower bound (or infeasibility) rests on. */
  proofs: Proof[];
  /** By a checked source or two independent runs. */
  confirmed: boolean;
  /** Answers that contradicted a checked mask or another run. */
  faults: number;
  /** Rows added because rounding let a mask through that the truth refutes. */
  cuts: ExtraRow[];
  /** What is behind a proof by `dual` or `blocks`. */
  dual?: BoundEvidence;
}

/** Provers that compute in exact arithmetic. */
export function isExactProver(by: Proof['by']): boolean {
  return by === 'libz3' || by === 'z3-wasm';
}

/** What is known of a component, and what a solve of it needs from outside. */
export interface ComponentContext {
  provers: () => Promise<Provers>;
  slots: Slots;
  signal: AbortSignal;
  seed: number;
  blockSearch: MakeBlockSearch;
  /** The search that learns lemmas, where there is one. */
  makeLemmas: MakeLemmaSearch | null;
  /** How long an answer may wait until a second prover has confirmed the first. */
  confirm: Confirm;
  /** `performance.now()` when the solve began. */
  start: number;
  /** Whether proofs are to be kept for a certificate. */
  record: boolean;
  /** Whether tiny components may be enumerated. */
  enumeration: boolean;
  /** Called whenever the best mask or the bound gets better, and when the two first meet. */
  changed: (state: ComponentState) => void;
}

export interface ComponentModel {
  floor: IntegerProblem;
  ceiling: IntegerProblem;
  /** The rows on doubles; one variable more, which is always 1. */
  truth: CsrMaskProblem;
}

/**
 * What is known of one component: the best masks, the bounds claimed and by whom, and whether they meet. Every mask is
 * checked before it counts; a claim that a checked mask contradicts is a fault and counts no more.
 */
export class ComponentState {
  readonly variables: number;
  /** The best mask of the runs that were taken in order, and of everything seen so far, searches included. */
  best: Uint8Array | null = null;
  bestSize = Infinity;
  seen: Uint8Array | null = null;
  seenSize = Infinity;
  lowerBound = 0;
  faults = 0;
  readonly cuts: ExtraRow[] = [];
  /** Its solve has ended. */
  settled = false;
  /** A bound that a run still under way has reached; counts only when the solve is stopped. */
  #reached: { value: number; proof: Proof } | null = null;
  /** Two different provers are at hand. */
  twoProvers = false;
  /** A prover that computes exactly is at hand, so that waiting for its word may end. */
  exactProver = true;
  readonly #patience = new AbortController();
  #patient = false;
  #dual: BoundEvidence | undefined;
  #claims: { value: number; proof: Proof; checked: boolean }[] = [];

  constructor(
    readonly model: ComponentModel,
    readonly context: ComponentContext,
  ) {
    this.variables = model.ceiling.variables;
  }

  accepts(mask: Uint8Array): boolean {
    return satisfiesExactly(this.model.truth, this.extended(mask));
  }

  /** The mask with the constant one that the truth counts on. */
  extended(mask: Uint8Array): Uint8Array {
    const extended = new Uint8Array(this.variables + 1);
    extended.set(mask);
    extended[this.variables] = 1;
    return extended;
  }

  /**
   * Takes a mask that was found anywhere, and checks it. Its timing must not matter to the final answer: it
   * counts when the solve is stopped, and against bounds that it contradicts.
   */
  show(mask: Uint8Array): void {
    const size = sizeOfMask(mask);
    if (size >= this.seenSize || mask.length !== this.variables || !this.accepts(mask)) return;
    this.seen = mask;
    this.seenSize = size;
    this.dropContradicted();
    this.#watch();
    this.context.changed(this);
  }

  /** Takes the bound that a run has reached so far. */
  showBound(value: number, proof: Proof): void {
    if (!Number.isFinite(value) || value <= this.shownBound || value > this.seenSize) return;
    this.#reached = { value, proof };
    this.context.changed(this);
  }

  get shownBound(): number {
    return Math.max(this.lowerBound, this.#reached?.value ?? 0);
  }

  /** Takes the mask of a run whose turn it is. */
  offer(mask: Uint8Array): void {
    const size = sizeOfMask(mask);
    if (size >= this.bestSize || mask.length !== this.variables || !this.accepts(mask)) return;
    this.best = mask;
    this.bestSize = size;
    this.show(mask);
  }

  /** A bound from a checked source, as the dual vectors of lib/solvers/bounds/dual-bound.ts are. */
  raise(bound: number, proof: Proof, checked: boolean, dual?: BoundEvidence): void {
    if (bound > this.seenSize) {
      this.faults++;
      return;
    }
    if (dual !== undefined) this.#dual = dual;
    this.#claims.push({ value: bound, proof, checked });
    if (bound > this.lowerBound) {
      this.lowerBound = bound;
      this.#watch();
      this.context.changed(this);
    }
  }

  /** A checked mask smaller than a claimed bound proves the claim wrong. */
  dropContradicted(): void {
    if (this.#reached !== null && this.#reached.value > this.seenSize) {
      this.#reached = null;
      this.faults++;
    }
    const kept = this.#claims.filter(({ value }) => value <= this.seenSize);
    if (kept.length === this.#claims.length) return;
    this.faults += this.#claims.length - kept.length;
    this.#claims = kept;
    this.lowerBound = Math.max(0, ...kept.map(({ value }) => value));
  }

  get agreed(): boolean {
    return this.lowerBound >= this.seenSize || this.lowerBound === Infinity;
  }

  get confirmed(): boolean {
    const enough = this.#claims.filter(({ value }) => value >= this.lowerBound);
    if (this.lowerBound === 0 || enough.some(({ checked }) => checked)) return true;
    // Two runs of one prover may share a defect: to call a problem infeasible takes two provers, where there are.
    if (this.lowerBound === Infinity && this.twoProvers) {
      return new Set(enough.map(({ proof }) => proof.by)).size >= 2;
    }
    // Floating-point provers share their tolerances: two runs of them confirm nothing.
    return enough.length >= 2 && enough.some(({ proof }) => isExactProver(proof.by));
  }

  /** Two runs agree, and no prover is at hand that could confirm them: an answer, though not a confirmed one. */
  get #unconfirmable(): boolean {
    return !this.exactProver && this.#claims.filter(({ value }) => value >= this.lowerBound).length >= 2;
  }

  /** Mask and bound meet, and only floating-point provers say so. */
  get inexact(): boolean {
    const enough = this.#claims.filter(({ value }) => value >= this.lowerBound);
    return this.agreed && enough.length > 0 && !enough.some(({ proof }) => isExactProver(proof.by));
  }

  /** The prover that called the component infeasible so far, to ask the other one next. */
  get doubted(): string | null {
    return this.#claims.find(({ value }) => value === Infinity)?.proof.by ?? null;
  }

  /** Aborts when confirmation has had its time; what denies that there is any mask is always confirmed. */
  get patience(): AbortSignal {
    return this.#patience.signal;
  }

  /** Starts the time for confirmation when mask and bound first meet. */
  #watch(): void {
    const { confirm, start } = this.context;
    if (this.#patient || confirm === 'always' || !this.agreed || this.lowerBound === Infinity) return;
    this.#patient = true;
    const over = () => {
      // A bound that was contradicted meanwhile gets its time anew.
      if (this.agreed && this.lowerBound < Infinity) this.#patience.abort();
      else this.#patient = false;
    };
    const time = Math.max(LEAST_CONFIRMATION_MS, performance.now() - start);
    if (confirm === 'never') over();
    else setTimeout(over, Math.min(time, 2 ** 31 - 1)).unref();
  }

  get done(): boolean {
    if (!this.agreed) return false;
    return this.confirmed || this.#patience.signal.aborted || this.#unconfirmable;
  }

  result(): ComponentResult {
    const infeasible = this.lowerBound === Infinity;
    if (this.seenSize < this.bestSize) {
      this.best = this.seen;
      this.bestSize = this.seenSize;
    }
    const done = this.done;
    const reached = this.#reached;
    if (!done && !infeasible && reached !== null && reached.value > this.lowerBound) {
      this.raise(reached.value, reached.proof, false);
    }
    return {
      status: done ? (infeasible ? 'infeasible' : 'optimal') : this.best ? 'feasible' : 'unknown',
      mask: this.best,
      lowerBound: infeasible && !done ? 0 : this.lowerBound,
      proofs: this.#claims.filter(({ value }) => value >= this.lowerBound).map(({ proof }) => proof),
      confirmed: this.confirmed,
      faults: this.faults,
      cuts: this.cuts,
      ...(this.#dual && { dual: this.#dual }),
    };
  }
}
