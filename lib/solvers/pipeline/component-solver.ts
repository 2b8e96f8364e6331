import type { BoundEvidence } from '../bounds/component-bound.js';
import { satisfiesExactly, holdsInFloat64 } from '../../masks/exact.js';
import { satisfiesIntegerRows, type IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import type { ComponentAnswer, ComponentBackend, Engines } from '../exact/component-backend.js';
import { ExactNeighbourhoods } from '../search/exact-neighbourhoods.js';
import { enumerateSmallest } from './enumeration.js';
import { shrinkGreedily } from '../search/greedy.js';
import { sizeOfMask, withRows, type ExtraRow } from '../choice/minimal-masks.js';
import { LARGE_VARIABLES } from './improvement-threads.js';
import { permute } from '../exact/permute.js';
import { refutations } from './refute.js';
import { disjointRowsBound } from '../bounds/disjoint-rows.js';
import type { Slots } from './slots.js';

/** One run whose word a bound rests on. */
export interface Proof {
  /**
   * Checked sources: `enumeration`, our own branch and bound in integer arithmetic; `rows`, disjoint rows
   * counted; `dual`, a dual vector evaluated exactly; `blocks`, blocks of rows searched in integer arithmetic. Else
   * the engine whose word it is.
   */
  by: 'enumeration' | 'rows' | 'dual' | 'blocks' | ComponentBackend['engine'];
  version?: string;
  seed?: number;
}

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

/** What is known of a component, and what a solve of it needs from outside. */
export interface ComponentContext {
  engines: () => Promise<Engines>;
  slots: Slots;
  signal: AbortSignal;
  seed: number;
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

/** Components up to this size are tried by enumeration first, up to so many nodes. */
const ENUMERATED_VARIABLES = 48;
const ENUMERATED_NODES = 3000;
/** Neighbourhoods of a large component between two runs of engines on the whole of it, at first. */
const NEIGHBOURHOODS = 60;
/** From this turn on it may be branch and bound's. */
const LARGE_HIGHS_TURN = 8;
/** An engine that fails so often will not mend itself. */
const TOLERATED_FAULTS = 8;
/** Effort of the first round in the engines' own units, about a second; later rounds double it. */
const FIRST_Z3_WORK = 12_000_000;
const FIRST_HIGHS_WORK = 4000;

/**
 * What is known of one component, and its solve: by enumeration where it is tiny, else by exact engines on the ceiling model.
 * A mask that only rounding let through is cut off by rows that hold for the truth, until one holds.
 * Runs under other seeds and orders take turns, in an order that does not depend on timing.
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
  #twoEngines = false;
  #neighbourhoods: ExactNeighbourhoods | null = null;
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
      this.context.changed(this);
    }
  }

  /** A checked mask smaller than a claimed bound proves the claim wrong. */
  dropContradicted(): void {
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
    // Two runs of one engine may share a defect: to call a problem infeasible takes two engines, where there are.
    if (this.lowerBound === Infinity && this.#twoEngines) {
      return new Set(enough.map(({ proof }) => proof.by)).size >= 2;
    }
    return enough.length >= 2;
  }

  /** The engine that called the component infeasible so far, to ask the other one next. */
  get doubted(): string | null {
    return this.#claims.find(({ value }) => value === Infinity)?.proof.by ?? null;
  }

  get done(): boolean {
    return this.agreed && this.confirmed;
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

  async solve(): Promise<ComponentResult> {
    try {
      return await this.work();
    } finally {
      this.settled = true;
    }
  }

  async work(): Promise<ComponentResult> {
    if (this.context.enumeration && this.variables <= ENUMERATED_VARIABLES) this.enumerate();
    if (this.done || this.context.signal.aborted) return this.result();
    this.raise(disjointRowsBound(this.model.ceiling), { by: 'rows' }, true);
    const greedy = shrinkGreedily(this.model.floor);
    if (greedy !== null) this.offer(greedy);
    else this.offer(new Uint8Array(this.variables).fill(1));
    if (this.done) return this.result();
    const engines = await this.context.engines();
    this.#twoEngines = engines.highs !== null;
    for (let round = 0; !this.done && this.faults <= TOLERATED_FAULTS; round++) {
      if (this.context.signal.aborted) break;
      await this.round(engines, round);
    }
    if (this.seen !== null && this.done) await this.preferRobust(engines);
    return this.result();
  }

  enumerate(): void {
    const { ceiling } = this.model;
    const found = enumerateSmallest(ceiling, {
      accepts: (mask) => this.accepts(mask),
      nodeLimit: ENUMERATED_NODES,
    });
    if (found.mask) this.offer(found.mask);
    if (!found.complete) return;
    if (this.best && !satisfiesIntegerRows(this.model.floor, this.best)) {
      const robust = enumerateSmallest(this.model.floor, {
        nodeLimit: ENUMERATED_NODES,
        below: this.bestSize + 1,
      });
      if (robust.mask && this.accepts(robust.mask)) this.best = robust.mask;
    }
    this.raise(found.mask ? this.bestSize : Infinity, { by: 'enumeration' }, true);
  }

  /** Two runs side by side: the second one's bound confirms the first one's. */
  async round(engines: Engines, round: number): Promise<void> {
    if (this.variables >= LARGE_VARIABLES) {
      // No engine proves these soon: one run at a time, and more and more neighbourhoods between them.
      for (const turn of [0, 1]) {
        if (!this.done) (await this.run(engines, round, turn))?.();
        this.#neighbourhoods ??= new ExactNeighbourhoods(this, engines);
        await this.#neighbourhoods.run(NEIGHBOURHOODS * 2 ** round);
      }
      return;
    }
    const runs = [0, 1].map((turn) => this.run(engines, round, turn));
    // Taken in the order of the turns, not of arrival. One that fails must not leave the other unobserved.
    runs[1].catch(() => {});
    (await runs[0])?.();
    (await runs[1])?.();
  }

  async run(engines: Engines, round: number, turn: number): Promise<(() => void) | null> {
    const index = 2 * round + turn;
    const backend = this.choose(engines, index);
    const first = backend === engines.highs ? FIRST_HIGHS_WORK : FIRST_Z3_WORK;
    const workLimit = first * 2 ** round;
    // The first run keeps the given order; seeds of components need not differ from each other.
    const seed = index === 0 ? this.context.seed : (this.context.seed * 1009 + index) % 2 ** 31;
    const signal = this.context.signal;
    const { slots } = this.context;
    // First runs of all components before second ones.
    // Cuts that the other turn finds meanwhile are left to the next round: timing must not matter.
    const cuts = [...this.cuts];
    const answer = await slots.run(index, signal, () =>
      this.ask(backend, seed, workLimit < 2 ** 32 ? workLimit : 0, cuts),
    );
    if (answer === null) return null;
    const known = this.cuts.length;
    return () => {
      this.cuts.push(...cuts.slice(known));
      this.take(answer, { by: backend.engine, version: backend.version, seed });
    };
  }

  /** Dense rows are for branch and bound on the linear relaxation; the other engine takes every fourth turn. */
  choose(engines: Engines, index: number): ComponentBackend {
    if (engines.highs === null) return engines.z3;
    // Branch and bound may spend minutes on the first relaxation of a large component.
    if (this.variables >= LARGE_VARIABLES && index < LARGE_HIGHS_TURN) return engines.z3;
    const [favourite, other] = hasDenseRows(this.model.ceiling)
      ? [engines.highs, engines.z3]
      : [engines.z3, engines.highs];
    if (this.doubted !== null) return this.doubted === favourite.engine ? other : favourite;
    return index % 4 === 3 ? other : favourite;
  }

  /** Asks one engine for the optimum of the ceiling model, cutting off masks that the truth refutes. */
  async ask(
    backend: ComponentBackend,
    seed: number,
    workLimit: number,
    cuts: ExtraRow[],
  ): Promise<ComponentAnswer | null> {
    const { signal } = this.context;
    for (;;) {
      const relaxed = withRows(this.model.ceiling, cuts);
      const permuted = permute(relaxed, seed);
      let answer: ComponentAnswer;
      try {
        const improved = (found: Uint8Array) =>
          this.show(Uint8Array.from(permuted.position, (position) => found[position]));
        const bounded = (bound: number) =>
          this.showBound(bound, { by: backend.engine, version: backend.version, seed });
        answer = await backend.solve({
          problem: permuted.problem,
          seed,
          workLimit,
          signal,
          improved,
          bounded,
        });
      } catch (error) {
        if (signal.aborted) return null;
        this.faults++;
        if (this.faults > TOLERATED_FAULTS && this.seen === null) throw error;
        return null;
      }
      if (answer.mask === null) return answer;
      const found = answer.mask;
      const mask = Uint8Array.from(permuted.position, (position) => found[position]);
      if (!satisfiesIntegerRows(relaxed, mask)) return { ...answer, mask: null, wrongModel: true };
      const refuted = refutations(this.model.truth, this.extended(mask), this.variables);
      if (refuted.length === 0) return { ...answer, mask };
      cuts.push(...refuted);
      if (answer.status !== 'optimal') return { ...answer, mask: null };
      if (signal.aborted) return null;
    }
  }

  raiseIfSound(answer: ComponentAnswer, proof: Proof): void {
    if (answer.mask !== null && answer.lowerBound > sizeOfMask(answer.mask)) this.faults++;
    else this.raise(answer.lowerBound, proof, false);
  }

  take(answer: ComponentAnswer, proof: Proof): void {
    if (answer.wrongModel) {
      // Whatever else a run says that gives a wrong model is worth nothing.
      this.faults++;
      return;
    }
    if (answer.mask !== null) this.offer(answer.mask);
    if (answer.status === 'infeasible') {
      if (this.seen !== null) this.faults++;
      else this.raise(Infinity, proof, false);
      return;
    }
    this.raiseIfSound(answer, proof);
  }

  /** Among equally small masks one that holds in float64 in any order of summation, where there is one. */
  async preferRobust(engines: Engines): Promise<void> {
    if (this.bestSize > this.seenSize) return;
    if (holdsInFloat64(this.model.truth, this.extended(this.best!)) || this.context.signal.aborted) return;
    const { signal, slots, seed } = this.context;
    const answer = await slots.run(2, signal, () =>
      engines.z3
        .solve({ problem: this.model.floor, seed, workLimit: FIRST_Z3_WORK, atMost: this.bestSize, signal })
        .catch(() => null),
    );
    if (answer?.mask && sizeOfMask(answer.mask) <= this.bestSize && this.accepts(answer.mask)) {
      this.best = answer.mask;
    }
  }
}

/** Rows so long are for branch and bound on the linear relaxation. */
export function hasDenseRows({ columns, bounds }: IntegerProblem): boolean {
  return columns.length >= 24 * bounds.length;
}
