import { setImmediate } from 'node:timers/promises';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import { blockRows } from '../bounds/block-evidence.js';
import type { BlockEvidence } from '../bound-evidence.js';
import { BLOCK_SCALE } from '../bounds/block-proof.js';
import { DualBound } from '../bounds/dual-bound.js';
import { hasDenseRows } from '../../masks/dense-rows.js';
import type { ComponentState } from './component-state.js';

/** Effort, a tenth of a second or so; and a slice of it, a few milliseconds. */
const DUAL_ITERATIONS = 100;
const DUAL_SLICE = 20;

const ONE = 2 ** BLOCK_SCALE;

/**
 * Nodes to spend on a component as one block, 0 where it is not worth a try. Few dense rows, as fully connected first
 * layers give them, are what it does best; of sparse rows it proves small components in less time than two provers.
 */
export function oneBlockNodes(ceiling: IntegerProblem): number {
  const { variables, columns } = ceiling;
  if (hasDenseRows(ceiling)) return variables <= 256 && columns.length <= 6000 ? 6000 : 0;
  return variables <= 100 ? 2500 : 0;
}

/**
 * Solves a component without a prover: one branch and bound over all rows, started from the multipliers of the linear
 * relaxation, proves in exact integer arithmetic that nothing smaller than the best mask will do, or finds what will.
 * Gives up after a fixed amount of work, so its answer does not depend on timing.
 */
export async function solveAsOneBlock(state: ComponentState, nodes: number): Promise<void> {
  // Without a mask there is no target to prove.
  if (state.best === null) return;
  const { signal } = state.context;
  const { ceiling } = state.model;
  const dual = new DualBound(ceiling);
  for (let done = 0; done < DUAL_ITERATIONS && !signal.aborted; done += DUAL_SLICE) {
    dual.run(DUAL_SLICE);
    await setImmediate();
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
    const proven = await finish(proof.search(bound, nodes), signal);
    if (proven === null) return;
    if (proven) {
      const block = { rows, cuts: [], columns, costs, multipliers, bound, nodes: proof.nodes };
      const blocks: BlockEvidence = { kind: 'blocks', scale: BLOCK_SCALE, blocks: [block], cuts: [] };
      state.raise(state.bestSize, { by: 'blocks' }, true, blocks);
      return;
    }
    // Out of nodes, or a mask that only rounding lets through: a prover's turn.
    if (proof.counterexample === null || !state.accepts(proof.counterexample)) return;
    state.offer(proof.counterexample);
  }
}

/** Null where the signal ended it. */
async function finish<T>(steps: Generator<void, T, void>, signal: AbortSignal): Promise<T | null> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await setImmediate();
    if (signal.aborted) {
      steps.return(undefined as T);
      return null;
    }
  }
}
