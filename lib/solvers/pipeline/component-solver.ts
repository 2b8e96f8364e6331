import { setMaxListeners } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { holdsInFloat64 } from '../../masks/exact.js';
import { satisfiesIntegerRows } from '../../masks/integer-rows.js';
import type { ProverAnswer, Prover, Provers } from '../provers/prover.js';
import { ExactNeighbourhoods } from './exact-neighbourhoods.js';
import { enumerateSmallest } from './enumeration.js';
import { searchBriefly } from './brief-search.js';
import { shrinkGreedily } from '../search/greedy.js';
import { sizeOfMask } from '../../masks/mask-cost.js';
import { withRows, type ExtraRow } from '../../masks/extra-rows.js';
import { isExactProver, LARGE_VARIABLES } from './component-state.js';
import { hasDenseRows } from '../../masks/dense-rows.js';
import { FEW_VARIABLES, LemmaProof, lemmasTurn } from './lemma-proof.js';
import { oneBlockNodes, solveAsOneBlock } from './one-block.js';
import { permute } from '../provers/permute.js';
import { refutations } from './refute.js';
import { disjointRowsBound } from '../bounds/disjoint-rows.js';
import type { Proof } from '../proof.js';
import type { Slots } from './slots.js';
import type { ComponentResult, ComponentState } from './component-state.js';

/** Components up to `ENUMERATED_VARIABLES` are tried by enumeration first, up to `ENUMERATED_NODES`. */
const ENUMERATED_VARIABLES = 48;
const ENUMERATED_NODES = 3000;
/** Neighbourhoods of a large component between two runs of provers on the whole of it, at first. */
const NEIGHBOURHOODS = 60;
/** Provers rest `REST` times as long as a run on the whole of a large component took. */
const REST = 4;
/** From this turn on it may be branch and bound's. */
const LARGE_HIGHS_TURN = 8;
/** A prover that fails so often will not mend itself. */
const TOLERATED_FAULTS = 8;
/** Effort of the first round in the provers' own units, about a second; later rounds double it. */
const FIRST_Z3_WORK = 12_000_000;
const FIRST_HIGHS_WORK = 4000;

/**
 * Solves one component: by enumeration where it is tiny, else by exact provers on the ceiling model. A mask that only
 * rounding let through is cut off by rows that hold for the truth, until one holds. Runs under other seeds and
 * orders take turns, in an order that does not depend on timing.
 */
export async function solveComponent(state: ComponentState): Promise<ComponentResult> {
  try {
    return await new ComponentSolver(state).work();
  } finally {
    state.settled = true;
  }
}

class ComponentSolver {
  #neighbourhoods: ExactNeighbourhoods | null = null;

  /** Raised when the solve is stopped, or has waited long enough for a second prover. */
  readonly signal: AbortSignal;
  readonly slots: Slots;
  readonly #state: ComponentState;

  constructor(state: ComponentState) {
    this.#state = state;
    this.signal = AbortSignal.any([state.context.signal, state.patience]);
    this.slots = state.context.slots;
    setMaxListeners(0, this.signal);
  }

  async work(): Promise<ComponentResult> {
    if (this.#state.context.enumeration && this.#state.variables <= ENUMERATED_VARIABLES) this.enumerate();
    if (this.#state.done || this.#state.context.signal.aborted) return this.#state.result();
    this.#state.raise(disjointRowsBound(this.#state.model.ceiling), { by: 'rows' }, true);
    const greedy = shrinkGreedily(this.#state.model.floor);
    if (greedy !== null) this.#state.offer(greedy);
    else this.#state.offer(new Uint8Array(this.#state.variables).fill(1));
    const turn = this.lemmasTurn();
    let lemmas: LemmaProof | null = null;
    if (turn === 'first') {
      lemmas = new LemmaProof(this.#state);
      await lemmas.begin();
    } else if (
      !this.#state.done &&
      this.#state.context.enumeration &&
      this.#state.variables < LARGE_VARIABLES
    ) {
      await searchBriefly(this.#state);
      if (turn === 'briefly' && !this.#state.done) {
        lemmas = new LemmaProof(this.#state);
        await lemmas.tryBriefly();
      }
      const nodes = turn === 'briefly' ? 0 : oneBlockNodes(this.#state.model.ceiling);
      if (nodes > 0 && !this.#state.done) await solveAsOneBlock(this.#state, nodes);
    }
    if (this.#state.done) return this.#state.result();
    const provers = await this.#state.context.provers();
    this.#state.twoProvers = provers.highs !== null;
    this.#state.exactProver =
      isExactProver(provers.z3.name) || (provers.highs !== null && isExactProver(provers.highs.name));
    if (turn === 'first' && lemmas !== null && !this.#state.done) await this.race(lemmas, provers);
    for (let round = 0; !this.#state.done && this.#state.faults <= TOLERATED_FAULTS; round++) {
      if (this.#state.context.signal.aborted) break;
      await this.round(provers, round);
      if (round === 0 && !this.#state.done) {
        if (turn === 'second') {
          lemmas = new LemmaProof(this.#state);
          await lemmas.begin();
        }
        if (turn !== 'first' && lemmas !== null && !this.#state.done) await this.race(lemmas, provers);
      }
      // Provers that answer at once must not keep timers, and with them the end of patience, from firing.
      await setImmediate();
    }
    if (this.#state.seen !== null && this.#state.done) await this.preferRobust(provers);
    return this.#state.result();
  }

  lemmasTurn(): ReturnType<typeof lemmasTurn> {
    const state = this.#state;
    const possible = !state.done && state.context.enumeration && state.context.makeLemmas !== null;
    return possible && state.best !== null ? lemmasTurn(state.model.ceiling) : 'never';
  }

  enumerate(): void {
    const { ceiling } = this.#state.model;
    const found = enumerateSmallest(ceiling, {
      accepts: (mask) => this.#state.accepts(mask),
      nodeLimit: ENUMERATED_NODES,
    });
    if (found.mask) this.#state.offer(found.mask);
    if (!found.complete) return;
    if (this.#state.best && !satisfiesIntegerRows(this.#state.model.floor, this.#state.best)) {
      const robust = enumerateSmallest(this.#state.model.floor, {
        nodeLimit: ENUMERATED_NODES,
        below: this.#state.bestSize + 1,
      });
      if (robust.mask && this.#state.accepts(robust.mask)) this.#state.best = robust.mask;
    }
    this.#state.raise(found.mask ? this.#state.bestSize : Infinity, { by: 'enumeration' }, true);
  }

  /** Two runs side by side: the second one's bound confirms the first one's. */
  async round(provers: Provers, round: number): Promise<void> {
    if (this.#state.variables >= LARGE_VARIABLES) {
      // No prover proves these soon: one run at a time, and more and more neighbourhoods between them.
      for (const turn of [0, 1]) {
        const start = performance.now();
        if (!this.#state.done) (await this.run(provers, round, turn))?.();
        // What has failed twice is the less likely way: search and bounds get more of the machine.
        if (round > 0 && !this.#state.done) await this.rest(REST * (performance.now() - start));
        this.#neighbourhoods ??= new ExactNeighbourhoods(this.#state, provers);
        await this.#neighbourhoods.run(NEIGHBOURHOODS * 2 ** round);
      }
      return;
    }
    const runs = [0, 1].map((turn) => this.run(provers, round, turn));
    // Taken in the order of the turns, not of arrival. One that fails must not leave the other unobserved.
    runs[1].catch(() => {});
    (await runs[0])?.();
    (await runs[1])?.();
  }

  /**
   * The search that learns lemmas, on this thread, and beside it the likeliest prover, undisturbed. What the prover finds
   * first is an answer that waits for the search to confirm it, and never gets in its way: whose turn comes first must
   * not decide between equally small masks.
   */
  async race(lemmas: LemmaProof, provers: Provers): Promise<void> {
    if (this.slots.count < 2) {
      await lemmas.finish();
      return;
    }
    const over = new AbortController();
    const cuts = [...this.#state.cuts];
    const known = cuts.length;
    const prover = this.choose(provers, 0);
    const { seed } = this.#state.context;
    const signal = AbortSignal.any([this.signal, over.signal]);
    setMaxListeners(0, signal);
    const besides = async () => {
      const answer = await this.slots.run(0, signal, () => this.ask(prover, seed, 0, cuts, signal));
      if (answer !== null && !over.signal.aborted)
        this.take(answer, { by: prover.name, version: prover.version, seed }, 'show');
    };
    const beside = besides();
    // A failure waits to be thrown below.
    beside.catch(() => {});
    if (await lemmas.finish()) over.abort();
    // A prover may take its time to stop; its answer is not wanted then.
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    if (!signal.aborted) await Promise.race([beside, stopped]);
    // Rows of the search's proof are counted; those that only the prover needed come after it.
    if (!over.signal.aborted) this.#state.cuts.push(...cuts.slice(known));
  }

  async rest(ms: number): Promise<void> {
    // Aborted meanwhile: the round ends.
    await setTimeout(ms, undefined, { signal: this.#state.context.signal }).catch(() => {});
  }

  async run(provers: Provers, round: number, turn: number): Promise<(() => void) | null> {
    const index = 2 * round + turn;
    const prover = this.choose(provers, index);
    const first = prover === provers.highs ? FIRST_HIGHS_WORK : FIRST_Z3_WORK;
    const workLimit = first * 2 ** round;
    // The first run keeps the given order; seeds of components need not differ from each other.
    const seed = index === 0 ? this.#state.context.seed : (this.#state.context.seed * 1009 + index) % 2 ** 31;
    const { signal, slots } = this;
    // First runs of all components before second ones.
    // Cuts that the other turn finds meanwhile are left to the next round: timing must not matter.
    const cuts = [...this.#state.cuts];
    const known = cuts.length;
    const answer = await slots.run(index, signal, () =>
      this.ask(prover, seed, workLimit < 2 ** 32 ? workLimit : 0, cuts),
    );
    if (answer === null) return null;
    return () => {
      this.#state.cuts.push(...cuts.slice(known));
      this.take(answer, { by: prover.name, version: prover.version, seed });
    };
  }

  /**
   * Dense rows are for branch and bound on the linear relaxation; the other prover takes every fourth turn. Short rows of
   * few variables either prover ends soon: there the second one is the other, whose word is worth more than a second run.
   */
  choose(provers: Provers, index: number): Prover {
    if (provers.highs === null) return provers.z3;
    // Branch and bound may spend minutes on the first relaxation of a large component.
    if (this.#state.variables >= LARGE_VARIABLES && index < LARGE_HIGHS_TURN) return provers.z3;
    const dense = hasDenseRows(this.#state.model.ceiling);
    const [favourite, other] = dense ? [provers.highs, provers.z3] : [provers.z3, provers.highs];
    if (this.#state.doubted !== null) return this.#state.doubted === favourite.name ? other : favourite;
    if (this.#state.inexact) return provers.z3;
    const few = !dense && this.#state.variables <= FEW_VARIABLES;
    return index % (few ? 2 : 4) === (few ? 1 : 3) ? other : favourite;
  }

  /** Asks one prover for the optimum of the ceiling model, cutting off masks that the truth refutes. */
  async ask(
    prover: Prover,
    seed: number,
    workLimit: number,
    cuts: ExtraRow[],
    signal = this.signal,
  ): Promise<ProverAnswer | null> {
    for (;;) {
      const relaxed = withRows(this.#state.model.ceiling, cuts);
      const permuted = permute(relaxed, seed);
      let answer: ProverAnswer;
      try {
        const improved = (found: Uint8Array) =>
          this.#state.show(Uint8Array.from(permuted.position, (position) => found[position]));
        const bounded = (bound: number) =>
          this.#state.showBound(bound, { by: prover.name, version: prover.version, seed });
        answer = await prover.solve({
          problem: permuted.problem,
          seed,
          workLimit,
          signal,
          improved,
          bounded,
        });
      } catch (error) {
        if (signal.aborted) return null;
        this.#state.faults++;
        if (this.#state.faults > TOLERATED_FAULTS && this.#state.seen === null) throw error;
        return null;
      }
      if (answer.mask === null) return answer;
      const found = answer.mask;
      const mask = Uint8Array.from(permuted.position, (position) => found[position]);
      if (!satisfiesIntegerRows(relaxed, mask)) return { ...answer, mask: null, wrongModel: true };
      const refuted = refutations(this.#state.model.truth, this.#state.extended(mask), this.#state.variables);
      if (refuted.length === 0) return { ...answer, mask };
      cuts.push(...refuted);
      if (answer.status !== 'optimal') return { ...answer, mask: null };
      if (signal.aborted) return null;
    }
  }

  raiseIfSound(answer: ProverAnswer, proof: Proof): void {
    // What calls a mask optimal and bounds it otherwise contradicts itself.
    const size = answer.mask === null ? null : sizeOfMask(answer.mask);
    const contradicts =
      size !== null && (answer.status === 'optimal' ? answer.lowerBound !== size : answer.lowerBound > size);
    if (contradicts) this.#state.faults++;
    else this.#state.raise(answer.lowerBound, proof, false);
  }

  /** @param mask `offer` where it is this run's turn, `show` where timing decides */
  take(answer: ProverAnswer, proof: Proof, mask: 'offer' | 'show' = 'offer'): void {
    if (answer.wrongModel) {
      // Whatever else a run says that gives a wrong model is worth nothing.
      this.#state.faults++;
      return;
    }
    if (answer.mask !== null) this.#state[mask](answer.mask);
    if (answer.status === 'infeasible') {
      if (this.#state.seen !== null) this.#state.faults++;
      else this.#state.raise(Infinity, proof, false);
      return;
    }
    this.raiseIfSound(answer, proof);
  }

  /** Among equally small masks one that holds in float64 in any order of summation, where there is one. */
  async preferRobust(provers: Provers): Promise<void> {
    if (this.#state.bestSize > this.#state.seenSize) return;
    if (
      holdsInFloat64(this.#state.model.truth, this.#state.extended(this.#state.best!)) ||
      this.#state.context.signal.aborted
    )
      return;
    const { signal, slots, seed } = this.#state.context;
    const answer = await slots.run(2, signal, () =>
      provers.z3
        .solve({
          problem: this.#state.model.floor,
          seed,
          workLimit: FIRST_Z3_WORK,
          atMost: this.#state.bestSize,
          signal,
        })
        .catch(() => null),
    );
    if (answer?.mask && sizeOfMask(answer.mask) <= this.#state.bestSize && this.#state.accepts(answer.mask)) {
      this.#state.best = answer.mask;
    }
  }
}
