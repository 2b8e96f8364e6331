import type { IntegerProblem } from '../../masks/integer-rows.js';
import { blockRows, type BlockEvidence } from '../bounds/block-evidence.js';
import { BLOCK_SCALE } from '../bounds/block-proof.js';
import { DualBound } from '../bounds/dual-bound.js';
import { hasDenseRows } from '../exact/dense-rows.js';
import { LocalSearch } from '../search/local-search.js';
import type { ComponentState } from './component-state.js';

/** Larger components would take longer than an engine takes to start. */
const MOST_VARIABLES = 256;
const MOST_ENTRIES = 6000;
/** Effort of each part, a tenth of a second or so; and a slice of it, a few milliseconds. */
const SEARCH_WORK = 15_000_000;
const SEARCH_SLICE = 500_000;
const DUAL_ITERATIONS = 100;
const DUAL_SLICE = 20;
const NODES = 6000;

const ONE = 2 ** BLOCK_SCALE;

/** Whether a component is one of few dense rows, as fully connected first layers give them. */
export function isOneBlock(ceiling: IntegerProblem): boolean {
  const { variables, columns } = ceiling;
  return variables <= MOST_VARIABLES && columns.length <= MOST_ENTRIES && hasDenseRows(ceiling);
}

/**
 * Solves a component of few dense rows without an engine: local search finds a mask, and one branch and bound over
 * all rows, started from the multipliers of the linear relaxation, proves in exact integer arithmetic that nothing
 * smaller will do, or finds what will. Gives up after a fixed amount of work, so its answer does not depend on timing.
 */
export async function solveAsOneBlock(state: ComponentState): Promise<void> {
  const { signal, seed } = state.context;
  const { floor, ceiling } = state.model;
  const pause = () => new Promise((resolve) => setImmediate(resolve));
  const search = new LocalSearch(floor, { seed, initial: state.best ?? undefined });
  for (let work = 0; work < SEARCH_WORK && !signal.aborted; work += SEARCH_SLICE) {
    search.run(SEARCH_SLICE);
    if (search.bestSize < state.seenSize) state.show(search.best.slice());
    await pause();
  }
  state.offer(search.best.slice());
  // Without a mask there is no target to prove.
  if (state.best === null) return;
  const dual = new DualBound(ceiling);
  for (let done = 0; done < DUAL_ITERATIONS && !signal.aborted; done += DUAL_SLICE) {
    dual.run(DUAL_SLICE);
    await pause();
  }
  const evidence = dual.evidence();
  state.raise(dual.bound, { by: 'dual' }, true, evidence);
  const start = ceiling.bounds.map(() => 0);
  for (const { row, multiplier } of evidence.rows)
    start[row] = Math.floor(multiplier * 2 ** (BLOCK_SCALE - evidence.scale));
  const rows = [...ceiling.bounds.keys()];
  const columns = Array.from({ length: ceiling.variables }, (_, column) => column);
  const costs = columns.map(() => ONE);
  const proof = state.context.blockSearch(
    blockRows(ceiling, rows, [], columns),
    Float64Array.from(costs),
    Float64Array.from(start),
  );
  while (!state.done && !signal.aborted) {
    // More than a mask of one cell less costs, and so at least what this mask costs.
    const bound = (state.bestSize - 1) * ONE + 1;
    const multipliers = Array.from(proof.multipliers);
    const proven = await finish(proof.search(bound, NODES), signal, pause);
    if (proven === null) return;
    if (proven) {
      const block = { rows, cuts: [], columns, costs, multipliers, bound, nodes: proof.nodes };
      const blocks: BlockEvidence = { kind: 'blocks', scale: BLOCK_SCALE, blocks: [block], cuts: [] };
      state.raise(state.bestSize, { by: 'blocks' }, true, blocks);
      return;
    }
    // Out of nodes, or a mask that only rounding lets through: an engine's turn.
    if (proof.counterexample === null || !state.accepts(proof.counterexample)) return;
    state.offer(proof.counterexample);
  }
}

/** Null where the signal ended it. */
async function finish<T>(
  steps: Generator<void, T, void>,
  signal: AbortSignal,
  pause: () => Promise<unknown>,
): Promise<T | null> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await pause();
    if (signal.aborted) {
      steps.return(undefined as T);
      return null;
    }
  }
}
