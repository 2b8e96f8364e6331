import type { BlockClaim, BlockEvidence, RowCut } from '../bound-evidence.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import { BLOCK_SCALE, BlockProof, type BlockRows } from './block-proof.js';
import { checkCut } from './row-cut.js';

/** A certificate that asks for more search than this is not replayed. */
const MOST_NODES = 5_000_000;
/** Other work gets its turn after so many milliseconds. */
const TURN_MS = 50;

/**
 * The bound the evidence proves, rounded up; every cut and every block is proven again, in exact arithmetic.
 * Throws a RangeError where a number is out of range, a cut does not follow from its rows, or a block's search
 * does not show what is claimed. Rejects when the signal aborts; leaves the event loop free between blocks.
 */
export async function evaluateBlocks(
  problem: IntegerProblem,
  evidence: BlockEvidence,
  signal?: AbortSignal,
): Promise<number> {
  if (evidence.scale !== BLOCK_SCALE) {
    throw new RangeError(`The scale of blocks must be ${BLOCK_SCALE}, not ${evidence.scale}.`);
  }
  const nodes = evidence.blocks.reduce((sum, block) => sum + block.nodes, 0);
  if (!(nodes <= MOST_NODES)) {
    throw new RangeError(`The blocks claim ${nodes} nodes of search; at most ${MOST_NODES} are replayed.`);
  }
  let turn = performance.now();
  for (const [index, block] of evidence.blocks.entries()) {
    checkBlock(problem, block, index);
    if (performance.now() - turn < TURN_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    turn = performance.now();
  }
  for (const cut of evidence.cuts) {
    checkCut(problem, cut);
    if (!isNatural(cut.multiplier)) {
      throw new RangeError(`Multipliers must be natural numbers, not ${cut.multiplier}.`);
    }
  }
  return exactBlocks(problem, evidence);
}

/** `evaluateBlocks` without proving anything again: for blocks and cuts just made. */
export function exactBlocks(problem: IntegerProblem, { blocks, cuts }: Omit<BlockEvidence, 'kind'>): number {
  const one = 1n << BigInt(BLOCK_SCALE);
  const left = new Array<bigint>(problem.variables).fill(one);
  let total = 0n;
  for (const { columns, costs, bound } of blocks) {
    total += BigInt(bound);
    columns.forEach((column, at) => (left[column] -= BigInt(costs[at])));
  }
  for (const cut of cuts) {
    const factor = BigInt(cut.multiplier);
    total += factor * BigInt(cut.bound);
    cut.columns.forEach((column, at) => (left[column] -= factor * BigInt(cut.coefficients[at])));
  }
  for (const cost of left) if (cost < 0n) total += cost;
  return total <= 0n ? 0 : Number((total + one - 1n) / one);
}

/** The rows and cuts of a block over its own columns. */
export function blockRows(
  { offsets, columns, coefficients, bounds }: IntegerProblem,
  rows: readonly number[],
  cuts: readonly RowCut[],
  own: ArrayLike<number>,
): BlockRows {
  const local = new Map<number, number>();
  for (let index = 0; index < own.length; index++) local.set(own[index], index);
  const starts = [0];
  const entries: number[] = [];
  const values: number[] = [];
  const right: number[] = [];
  for (const row of rows) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      entries.push(local.get(columns[at])!);
      values.push(coefficients[at]);
    }
    right.push(bounds[row]);
    starts.push(entries.length);
  }
  for (const cut of cuts) {
    cut.columns.forEach((column, at) => {
      entries.push(local.get(column)!);
      values.push(cut.coefficients[at]);
    });
    right.push(cut.bound);
    starts.push(entries.length);
  }
  return {
    columns: own.length,
    offsets: Uint32Array.from(starts),
    entries: Uint32Array.from(entries),
    coefficients: Float64Array.from(values),
    bounds: Float64Array.from(right),
  };
}

function checkBlock(problem: IntegerProblem, block: BlockClaim, index: number): void {
  const wrong = (what: string): never => {
    throw new RangeError(`Block ${index}: ${what}.`);
  };
  const { rows, cuts, columns, costs, multipliers, bound, nodes } = block;
  const known = new Set<number>(columns);
  if (known.size !== columns.length || columns.length !== costs.length) wrong('its columns and costs differ');
  if (columns.some((column) => !isNatural(column) || column >= problem.variables)) wrong('no such column');
  if (rows.some((row) => !isNatural(row) || row >= problem.bounds.length)) wrong('no such row');
  if (multipliers.length !== rows.length + cuts.length || !multipliers.every(isNatural)) {
    wrong('it needs a natural multiplier for every row and cut');
  }
  if (!costs.every(Number.isSafeInteger) || !Number.isSafeInteger(bound) || !isNatural(nodes)) {
    wrong('costs, bound and nodes must be whole numbers');
  }
  for (const row of rows) {
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
      if (!known.has(problem.columns[at])) wrong(`row ${row} has a column that the block does not`);
    }
  }
  for (const cut of cuts) {
    checkCut(problem, cut);
    if (!cut.rows.every((row) => rows.includes(row))) wrong('a cut comes from rows of other blocks');
    if (!cut.columns.every((column) => known.has(column)))
      wrong('a cut has a column that the block does not');
  }
  const proof = new BlockProof(
    blockRows(problem, rows, cuts, columns),
    Float64Array.from(costs),
    Float64Array.from(multipliers),
  );
  if (!proof.proves(bound, nodes)) wrong(`its search does not show ${bound} within ${nodes} nodes`);
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
