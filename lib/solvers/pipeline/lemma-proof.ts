import { setImmediate } from 'node:timers/promises';
import { withRows } from '../../masks/extra-rows.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { RowCut } from '../bound-evidence.js';
import { rootCuts } from '../bounds/root-cuts.js';
import type { LemmaSearch } from '../bounds/lemma-search.js';
import { coreProblems } from '../search/core-problems.js';
import { LocalSearch } from '../search/local-search.js';
import { withNeighbourhood } from '../search/neighbourhood.js';
import type { ComponentState } from './component-state.js';
import { refutations } from './refute.js';

/** Components whose tableau has at most this many numbers, and variables: a pivot takes some ten microseconds. */
const LARGEST_TABLEAU = 200_000;
const LARGEST_VARIABLES = 400;
/** Rows so short are Z3's, unless there are few variables. */
const SHORTEST_ROWS = 8;
/** Up to this many variables short rows are tried here before any prover, for a bounded time. */
export const FEW_VARIABLES = 100;
/** Up to this mean length Z3 goes first: rows of 3x3 kernels, of which it proves most components within a second. */
const SHORT_ROWS = 12;
/** Nodes between two turns of the event loop, some milliseconds. */
const SLICE_NODES = 4;
/** Work of the local search before the first nodes, and before the rest; a tenth of a second together. */
const FIRST_SEARCH = 2_000_000;
const SEARCH = 15_000_000;
const SEARCH_SLICE = 250_000;
/** Variables of cores of the relaxation, and nodes for each: a tenth of a second for all of them. */
const CORES = [25, 35, 50, 70];
const CORE_NODES = 1500;
/** Nodes without cuts: what ends within them needs none. */
const FIRST_NODES = 400;
/**
 * Nodes for short rows of few variables, without cuts and then with them. Where a brief local search has found the optimum,
 * seven of ten such components end within the first number, and nearly all others within the second, in 5 to 60 ms; Z3 takes
 * 15 to 400. The rest may need a hundred times as much, and is better left to the provers.
 */
const FEW_NODES = 600;
const FEW_NODES_WITH_CUTS = 2000;
/** A proof that takes more memory than this is not kept any longer. */
const MOST_MEMORY = 1_500_000_000;

/**
 * When the search that learns lemmas is to take a component: before the provers, briefly before them and to its end after
 * their first round, only after that, or never.
 */
export function lemmasTurn({
  variables,
  columns,
  bounds,
}: IntegerProblem): 'first' | 'briefly' | 'second' | 'never' {
  if (variables > LARGEST_VARIABLES || variables * bounds.length > LARGEST_TABLEAU) return 'never';
  if (columns.length >= SHORT_ROWS * bounds.length) return 'first';
  if (variables <= FEW_VARIABLES) return 'briefly';
  return columns.length >= SHORTEST_ROWS * bounds.length ? 'second' : 'never';
}

/**
 * Proves a component by branch and bound on the linear relaxation with clause learning, which confirms itself: every step is
 * an integer argument, and `record` keeps them all. Local search comes first and between: the better the mask, the shorter
 * the proof. What is done in which order depends on the component alone. Ends when it is proven, or stopped.
 */
export class LemmaProof {
  #cuts: RowCut[] = [];
  #search: LemmaSearch;
  #local: LocalSearch | null = null;
  #work = 0;
  readonly #state: ComponentState;

  constructor(state: ComponentState) {
    this.#state = state;
    this.#search = this.#start();
  }

  /** A bounded try from the best mask that is known. True where the component is settled. */
  async tryBriefly(): Promise<boolean> {
    if (await this.#prove(FEW_NODES)) return true;
    await this.#addCuts();
    return this.#prove(FEW_NODES_WITH_CUTS);
  }

  /**
   * What needs little: local search, some nodes, cuts at the root, as many nodes again. The long local search is the dearest
   * and comes last: where the first one or the cores have found the optimum it finds nothing. True where the component is settled.
   */
  async begin(): Promise<boolean> {
    const state = this.#state;
    const bound = this.#search.resume(0).rootBound;
    if (await this.#improve(FIRST_SEARCH, bound)) return true;
    await this.#searchCores(bound);
    if (await this.#prove(FIRST_NODES)) return true;
    await this.#addCuts();
    if (await this.#prove(FIRST_NODES)) return true;
    await this.#improve(SEARCH, bound);
    return state.done;
  }

  async #addCuts(): Promise<void> {
    const { context, bestSize } = this.#state;
    this.#cuts = await rootCuts(this.#rows(), () => context.makeLemmas!, bestSize, context.signal);
    if (this.#cuts.length > 0) this.#restart();
  }

  /** The rest, until it is proven, here or elsewhere. True where the proof is this search's own. */
  async finish(): Promise<boolean> {
    await this.#prove(Infinity);
    return this.#concluded;
  }

  /** Local search up to this much work in all; stops where the mask meets the bound, and true where that settles it. */
  async #improve(work: number, bound: number): Promise<boolean> {
    const state = this.#state;
    const local = this.#localSearch();
    while (this.#work < work && state.bestSize > bound && !state.context.signal.aborted) {
      local.run(SEARCH_SLICE);
      this.#work += SEARCH_SLICE;
      if (local.bestSize < state.bestSize) state.offer(local.best.slice());
      await setImmediate();
    }
    if (local.bestSize < Infinity) this.#search.lower(state.bestSize);
    return state.done;
  }

  /** Masks that single moves do not reach: cores of the relaxation, each by a search of its own. */
  async #searchCores(bound: number): Promise<void> {
    const state = this.#state;
    const { floor, ceiling } = state.model;
    const make = state.context.makeLemmas!;
    const whole = make(ceiling, state.variables + 1, false);
    const values = whole.relaxation();
    const relaxed = values.length > 0 ? { values, multipliers: whole.multipliers() } : null;
    whole.end();
    if (relaxed === null) return;
    for (const { part, around, held } of coreProblems(floor, relaxed, CORES)) {
      if (state.bestSize <= Math.max(bound, held)) break;
      const search = make(part.problem, state.bestSize - held, false);
      for (let nodes = 0; nodes < CORE_NODES && state.bestSize > bound && !state.context.signal.aborted;) {
        const found = search.resume(SLICE_NODES);
        if (found.state === 'proven') break;
        nodes = found.nodes;
        if (found.state === 'candidate') {
          const mask = withNeighbourhood(around, part, found.candidate!);
          state.offer(mask);
          // Rows that have none of the core's variables may refuse it.
          if (state.best !== mask) break;
          search.lower(state.bestSize - held);
        }
        await setImmediate();
      }
      search.end();
    }
    this.#localSearch().offer(state.best!);
    this.#search.lower(state.bestSize);
  }

  #localSearch(): LocalSearch {
    const { best, context, model } = this.#state;
    return (this.#local ??= new LocalSearch(model.floor, { seed: context.seed, initial: best ?? undefined }));
  }

  async #prove(nodes: number): Promise<boolean> {
    const state = this.#state;
    const { signal } = state.context;
    for (let until = -1; !state.done && !signal.aborted;) {
      const found = this.#search.resume(SLICE_NODES);
      if (until < 0) until = found.nodes - SLICE_NODES + nodes;
      if (found.rootBound > state.lowerBound) state.showBound(found.rootBound, { by: 'lemmas' });
      if (found.state === 'proven') {
        this.#conclude();
        return true;
      }
      if (found.state === 'candidate') this.#consider(found.candidate!);
      else if (found.nodes >= until || found.memory > MOST_MEMORY) return false;
      await setImmediate();
    }
    return state.done;
  }

  /** A mask of the ceiling rows: a better one, or one that only rounding lets through. */
  #consider(candidate: Uint8Array): void {
    const state = this.#state;
    if (state.accepts(candidate)) {
      state.offer(candidate);
      this.#search.lower(state.bestSize);
      return;
    }
    state.cuts.push(...refutations(state.model.truth, state.extended(candidate), state.variables));
    this.#restart();
  }

  #conclude(): void {
    const state = this.#state;
    this.#concluded = true;
    const bound = Math.min(state.bestSize, this.#target);
    if (!state.context.record) {
      state.raise(bound, { by: 'lemmas' }, true);
      return;
    }
    const cuts = this.#cuts.map(({ rows, times, columns, coefficients, bound: least }) => {
      return { rows, times, columns, coefficients, bound: least };
    });
    const evidence = { kind: 'lemmas' as const, bound, cuts, ...this.#search.proof() };
    state.raise(bound, { by: 'lemmas' }, true, evidence);
  }

  /** The component's rows and the clauses that follow from the doubles. */
  #rows(): IntegerProblem {
    const { model, cuts } = this.#state;
    return withRows(model.ceiling, cuts);
  }

  #target = 0;
  #concluded = false;

  #restart(): void {
    this.#search.end();
    this.#search = this.#start();
  }

  #start(): LemmaSearch {
    const { context, bestSize, variables } = this.#state;
    this.#target = Math.min(bestSize, variables + 1);
    return context.makeLemmas!(withRows(this.#rows(), this.#cuts), this.#target, context.record);
  }
}
