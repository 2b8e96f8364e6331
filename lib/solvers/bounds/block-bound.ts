import type { IntegerProblem } from '../../masks/integer-rows.js';
import { blockRows, exactBlocks } from './block-evidence.js';
import type { BlockClaim, BlockEvidence } from '../bound-evidence.js';
import { BLOCK_SCALE } from './block-proof.js';
import { portableBlockSearch, type BlockSearch, type MakeBlockSearch } from './block-search.js';
import type { RowCut } from '../bound-evidence.js';
import type { DualEvidence } from '../bound-evidence.js';
import { partitionRows } from './block-partition.js';

const ONE = 2 ** BLOCK_SCALE;
/** What the first search of a block tries to add, what is too little to look for, and the nodes a search may take. */
const FIRST_STEP = Math.round(ONE / 10);
const LEAST_STEP = Math.round(ONE / 64);
const FIRST_NODES = 1000;

interface Block extends BlockClaim {
  proof: BlockSearch;
  /** What the next search tries to add. */
  step: number;
  /** Cost of the cheapest point seen: no bound is above it. */
  cheapest: number;
}

/**
 * Lifts the bound of a dual vector by looking at blocks of rows at once. The dual vector divides the cost of every
 * cell among the blocks: block b gets what its rows' multipliers price it at, and a share of what is left. At
 * first the blocks together prove just what the dual vector does; then each is searched for a little more, as
 * long as that succeeds.
 */
export class BlockBound {
  /** No mask of the component has fewer ones. */
  bound: number;

  /** Matrix entries visited so far, roughly. */
  visited = 0;

  readonly #cuts: (RowCut & { multiplier: number })[] = [];
  readonly #blocks: Block[];
  #open: Block[];
  /** Blocks whose last search ended without an answer. */
  readonly #hard: Block[] = [];
  #next = 0;
  #limit = FIRST_NODES;
  #progress = false;
  readonly #component: IntegerProblem;
  readonly #search: MakeBlockSearch;

  constructor(
    component: IntegerProblem,
    dual: DualEvidence,
    /** Rows a block: larger ones prove more and take longer. */
    size: number,
    search: MakeBlockSearch = portableBlockSearch,
  ) {
    this.#component = component;
    this.#search = search;
    this.#blocks = this.#divide(dual, size);
    this.#open = [...this.#blocks];
    this.bound = exactBlocks(component, { scale: BLOCK_SCALE, blocks: this.#blocks, cuts: this.#cuts });
  }

  /** Searches until about `entries` more entries are visited. False when there is nothing left to try. */
  run(entries: number): boolean {
    let gained = false;
    const until = this.visited + entries;
    while (this.visited < until) {
      if (this.#next >= this.#open.length) this.#next = 0;
      if (this.#open.length === 0) {
        // Those that gave no point below the target may yield to more nodes.
        this.#open = this.#hard.splice(0);
        this.#limit *= 4;
        if (this.#open.length === 0) break;
      }
      const block = this.#open[this.#next];
      this.visited += (this.#lift(block) + 1) * block.proof.entriesPerNode;
      gained ||= this.#progress;
    }
    if (gained) {
      this.bound = Math.max(
        this.bound,
        exactBlocks(this.#component, { scale: BLOCK_SCALE, blocks: this.#blocks, cuts: this.#cuts }),
      );
    }
    return this.#open.length + this.#hard.length > 0;
  }

  /** What proves `bound`: see `exactBlocks`. */
  evidence(): BlockEvidence {
    return {
      kind: 'blocks',
      scale: BLOCK_SCALE,
      cuts: this.#cuts,
      blocks: this.#blocks.map(({ rows, cuts, columns, costs, multipliers, bound, nodes }) => {
        return { rows, cuts, columns, costs, multipliers, bound, nodes };
      }),
    };
  }

  /** One search of one block; returns the nodes it took. What it tries to add doubles while that succeeds. */
  #lift(block: Block): number {
    const { proof } = block;
    const multipliers = Array.from(proof.multipliers);
    const target = Math.min(block.bound + block.step, block.cheapest);
    this.#progress = proof.proves(target, this.#limit);
    if (this.#progress) {
      block.bound = target;
      block.multipliers = multipliers;
      block.nodes = proof.nodes;
      block.step *= 2;
    } else if (proof.counterexample !== null) {
      const point = proof.counterexample;
      block.cheapest = block.costs.reduce((sum, cost, at) => sum + (point[at] ? cost : 0), 0);
      block.step = Math.ceil((block.cheapest - block.bound) / 2);
    } else {
      block.step = Math.max(LEAST_STEP, Math.ceil(block.step / 4));
      this.#hard.push(block);
      this.#open.splice(this.#next, 1);
      return proof.nodes;
    }
    // More than all cells together cost: the block is infeasible, and any bound holds.
    const beyond = block.bound > block.costs.reduce((sum, cost) => sum + Math.max(0, cost), 0);
    if (block.cheapest - block.bound < LEAST_STEP || beyond) this.#open.splice(this.#next, 1);
    else this.#next++;
    return proof.nodes;
  }

  #divide(dual: DualEvidence, size: number): Block[] {
    const { variables, offsets, columns, coefficients, bounds } = this.#component;
    const down = (multiplier: number) => Math.floor(multiplier * 2 ** (BLOCK_SCALE - dual.scale));
    const u = new Float64Array(bounds.length);
    for (const { row, multiplier } of dual.rows) u[row] = down(multiplier);
    const groups = partitionRows(this.#component, size);
    const home = new Int32Array(bounds.length);
    groups.forEach((rows, group) => rows.forEach((row) => (home[row] = group)));

    // What is left of every cell's cost of one once rows and cuts have taken their price.
    const left = new Float64Array(variables).fill(ONE);
    const cutsOf: (RowCut & { multiplier: number })[][] = groups.map(() => []);
    for (const cut of dual.cuts) {
      const own = { ...cut, multiplier: down(cut.multiplier) };
      cut.columns.forEach((column, at) => (left[column] -= own.multiplier * cut.coefficients[at]));
      const group = home[cut.rows[0]];
      if (cut.rows.every((row) => home[row] === group)) cutsOf[group].push(own);
      else this.#cuts.push(own);
    }
    for (let row = 0; row < bounds.length; row++) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++) left[columns[at]] -= u[row] * coefficients[at];
    }

    const shares = new Uint16Array(variables);
    const columnsOf = groups.map((rows) => {
      const own = new Set<number>();
      for (const row of rows) for (let at = offsets[row]; at < offsets[row + 1]; at++) own.add(columns[at]);
      for (const column of own) shares[column]++;
      return [...own].sort((a, b) => a - b);
    });
    const given = new Uint16Array(variables);
    return groups.map((rows, group) => {
      const own = columnsOf[group];
      const cuts = cutsOf[group].map(({ multiplier: _, ...cut }) => cut);
      const block = blockRows(this.#component, rows, cuts, own);
      const multipliers = [
        ...rows.map((row) => u[row]),
        ...cutsOf[group].map(({ multiplier }) => multiplier),
      ];
      const costs = own.map((column) => {
        const share = Math.floor(left[column] / shares[column]);
        // The last block takes what division leaves.
        return ++given[column] === shares[column] ? left[column] - share * (shares[column] - 1) : share;
      });
      multipliers.forEach((multiplier, row) => {
        for (let at = block.offsets[row]; at < block.offsets[row + 1]; at++)
          costs[block.entries[at]] += multiplier * block.coefficients[at];
      });
      const claim = { rows, cuts, columns: own, costs, nodes: 1, step: FIRST_STEP, cheapest: Infinity };
      const start = this.#search(block, Float64Array.from(costs), Float64Array.from(multipliers));
      const root = start.rootBound();
      if (Number.isSafeInteger(root)) return { ...claim, multipliers, bound: root, proof: start };
      // Where sums could be inexact, nothing is claimed but what cannot be wrong: all negative costs are taken.
      const none = multipliers.map(() => 0);
      const proof = this.#search(block, Float64Array.from(costs), Float64Array.from(none));
      const bound = costs.reduce((sum, cost) => sum + Math.min(0, cost), 0);
      return { ...claim, multipliers: none, bound, proof };
    });
  }
}
