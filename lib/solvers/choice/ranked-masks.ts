import { fastestLemmaSearch } from '../bounds/lemma-search.js';
import { fastestBlockSearch } from '../bounds/block-search.js';
import { roundRows } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import type { RankedMask } from '../report.js';
import { solveComponent } from '../pipeline/component-solver.js';
import { ComponentState, type ComponentContext, type ComponentModel } from '../pipeline/component-state.js';
import { componentTruth, splitComponents, type Component } from '../pipeline/components.js';
import { differsFrom, withRows, type ExtraRow } from '../../masks/extra-rows.js';
import { sizeOfMask } from '../../masks/mask-cost.js';
import type { PipelineOptions, PipelineResult } from '../pipeline/pipeline.js';
import { presolve } from '../pipeline/presolve.js';
import { Slots } from '../pipeline/slots.js';
import type { Proof } from '../proof.js';

export interface Ranking {
  solutions: RankedMask[];
  /** True when there is no feasible mask beyond these. */
  exhausted: boolean;
  /** What each further mask of a component, and the end of its list, rests on. */
  answers: { proven: boolean; proofs: Proof[] }[];
}

/**
 * The `count` best distinct masks, smallest first, starting with the one already found.
 *
 * Every feasible mask is a choice of one feasible mask per component (of a presolve that keeps them all). Each
 * component lists its masks by size, one solve with all earlier ones cut off at a time; the products of the
 * lists are visited best first, and a list only grows when the order depends on its next mask.
 */
export async function rankMasks(
  problem: CsrMaskProblem,
  first: PipelineResult,
  count: number,
  options: PipelineOptions,
): Promise<Ranking> {
  const answers: Ranking['answers'] = [];
  if (first.mask === null) return { solutions: [], exhausted: first.status === 'infeasible', answers };
  const proven = first.status === 'optimal';
  const solutions: RankedMask[] = [
    { mask: first.mask, size: first.size, status: proven ? 'optimal' : 'feasible' },
  ];
  if (!proven) return { solutions, exhausted: false, answers };
  const presolved = presolve(problem, roundRows(problem), { keepAll: true });
  const context: ComponentContext = {
    provers: options.provers,
    slots: new Slots(options.threads),
    signal: options.signal,
    seed: options.seed,
    blockSearch: fastestBlockSearch(options.native ?? false),
    // That a list's next mask differs from all before it are long rows, on which the search may take minutes. Without the addon the
    // provers' turns, which end sooner, are all there is.
    makeLemmas: options.native ? fastestLemmaSearch(true) : null,
    record: false,
    confirm: 'always',
    start: performance.now(),
    enumeration: options.enumeration !== false,
    changed: () => {},
  };
  const lists = splitComponents(presolved).map(
    (component) => new MaskList(problem, component, presolved.values, first.mask!, context, answers),
  );
  const queue = new Queue();
  const visit = (node: Node) => queue.push({ node, turn: node.choices.at(-1)?.list ?? -1, key: node.size });
  visit({ choices: [], size: first.size });
  // Beyond the last one wanted: whether there is another is part of the answer.
  for (;;) {
    const step = queue.pop();
    if (step === null) return { solutions, exhausted: true, answers };
    if (step.turn === ANNOUNCE) {
      const { node } = step;
      if (solutions.length === count) return { solutions, exhausted: false, answers };
      solutions.push({ mask: maskOf(node, lists, first.mask), size: node.size, status: 'optimal' });
      visit(node);
      continue;
    }
    const next = await grow(step, lists);
    if (next === 'stopped') return { solutions, exhausted: false, answers };
    if (step.turn + 1 < lists.length) queue.push({ ...step, turn: step.turn + 1 });
    if (next !== null) queue.push({ node: next, turn: ANNOUNCE, key: next.size });
  }
}

/** Which masks other than its first some lists contribute, in ascending order of lists. */
interface Node {
  choices: { list: number; rank: number }[];
  size: number;
}

/** To do: change the choice of list `turn` of the node by one rank; at least `key` ones will result. */
interface Step {
  node: Node;
  turn: number;
  key: number;
}

/** A finished node that waits until nothing smaller can come. */
const ANNOUNCE = Infinity;

async function grow({ node, turn }: Step, lists: MaskList[]): Promise<Node | null | 'stopped'> {
  if (turn < 0) return null;
  const last = node.choices.at(-1);
  const before = last?.list === turn ? last.rank : 0;
  const size = await lists[turn].sizeAt(before + 1);
  if (size === 'stopped') return 'stopped';
  if (size === null) return null;
  const others = last?.list === turn ? node.choices.slice(0, -1) : node.choices;
  return {
    choices: [...others, { list: turn, rank: before + 1 }],
    size: node.size - lists[turn].masks[before].size + size,
  };
}

function maskOf(node: Node, lists: MaskList[], first: Uint8Array): Uint8Array {
  const mask = first.slice();
  for (const { list, rank } of node.choices) {
    const chosen = lists[list].masks[rank].mask;
    lists[list].component.variables.forEach((variable, j) => (mask[variable] = chosen[j]));
  }
  return mask;
}

/** The feasible masks of one component, smallest first, found one by one. */
class MaskList {
  readonly masks: { mask: Uint8Array; size: number }[];
  readonly #model: ComponentModel;
  #ended = false;
  readonly #context: ComponentContext;
  readonly #answers: Ranking['answers'];

  constructor(
    problem: CsrMaskProblem,
    readonly component: Component,
    values: Uint8Array,
    first: Uint8Array,
    context: ComponentContext,
    answers: Ranking['answers'],
  ) {
    this.#context = context;
    this.#answers = answers;
    const mask = Uint8Array.from(component.variables, (variable) => first[variable]);
    this.masks = [{ mask, size: sizeOfMask(mask) }];
    this.#model = {
      floor: component.floor,
      ceiling: component.ceiling,
      truth: componentTruth(problem, component, values),
    };
  }

  async sizeAt(rank: number): Promise<number | null | 'stopped'> {
    while (this.masks.length <= rank) {
      if (this.#ended) return null;
      const cuts = this.masks.map(({ mask }) => differsFrom(mask, [...mask.keys()]));
      const state = new ComponentState(
        {
          floor: withRows(this.#model.floor, cuts),
          ceiling: withRows(this.#model.ceiling, cuts),
          truth: withTrueRows(this.#model.truth, cuts),
        },
        this.#context,
      );
      const { status, mask, proofs } = await solveComponent(state);
      this.#answers.push({ proven: status === 'optimal' || status === 'infeasible', proofs });
      if (status === 'infeasible') this.#ended = true;
      else if (status === 'optimal') this.masks.push({ mask: mask!, size: sizeOfMask(mask!) });
      else return 'stopped';
    }
    return this.masks[rank].size;
  }
}

/** Σ ≥ bound over integers is Σ > bound − 1. */
function withTrueRows(truth: CsrMaskProblem, rows: readonly ExtraRow[]): CsrMaskProblem {
  const columns = [...truth.columns];
  const coefficients = [...truth.coefficients];
  const offsets = [...truth.offsets];
  const lower = [...truth.lower];
  for (const row of rows) {
    columns.push(...Array.from(row.columns));
    coefficients.push(...Array.from(row.coefficients));
    offsets.push(columns.length);
    lower.push(row.bound - 1);
  }
  return {
    variables: truth.variables,
    offsets: Uint32Array.from(offsets),
    columns: Uint32Array.from(columns),
    coefficients: Float64Array.from(coefficients),
    lower: Float64Array.from(lower),
  };
}

/** A binary heap: smallest key first, announcements before steps, then first come, first served. */
class Queue {
  readonly #heap: (Step & { order: number })[] = [];
  #order = 0;

  peek(): Step | undefined {
    return this.#heap[0];
  }

  push(step: Step): void {
    const heap = this.#heap;
    heap.push({ ...step, order: this.#order++ });
    let at = heap.length - 1;
    while (at > 0 && before(heap[at], heap[(at - 1) >> 1])) {
      [heap[at], heap[(at - 1) >> 1]] = [heap[(at - 1) >> 1], heap[at]];
      at = (at - 1) >> 1;
    }
  }

  pop(): Step | null {
    const heap = this.#heap;
    if (heap.length === 0) return null;
    const top = heap[0];
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let at = 0; ;) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) {
          if (child < heap.length && before(heap[child], heap[least])) least = child;
        }
        if (least === at) break;
        [heap[at], heap[least]] = [heap[least], heap[at]];
        at = least;
      }
    }
    return top;
  }
}

function before(a: Step & { order: number }, b: Step & { order: number }): boolean {
  if (a.key !== b.key) return a.key < b.key;
  if ((a.turn === ANNOUNCE) !== (b.turn === ANNOUNCE)) return a.turn === ANNOUNCE;
  return a.order < b.order;
}
