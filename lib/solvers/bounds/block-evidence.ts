import type { BlockEvidence, RowCut } from '../bound-evidence.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import { BLOCK_SCALE, type BlockRows } from './block-proof.js';

/** The bound that blocks and cuts just made prove together, rounded up; what each claims is believed here. */
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
