import type { Certificate } from '../../api/certificate.js';
import { indexColumns } from '../../masks/columns.js';
import { commonIntegers } from '../../masks/exact.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { FREE } from './component-rows.js';

export interface ForcedSteps {
  steps: Certificate['forced'];
  /** A row that cannot hold once all steps are taken. */
  conflict: number | null;
  /** 0, 1, or FREE where nothing follows. */
  values: Uint8Array;
}

/**
 * What single rows force, row by row until nothing follows any more, in the order in which it follows. `left`: variables
 * that stay free whatever follows. The work is linear in the entries: entries of a row are looked at from the largest, and one that is
 * not forced hides all smaller ones until the row's room shrinks.
 */
export function forcedSteps(
  problem: CsrMaskProblem,
  ceiling: IntegerProblem,
  left: ReadonlySet<number>,
): ForcedSteps {
  const { variables, offsets, columns, coefficients, bounds } = ceiling;
  const values = new Uint8Array(variables).fill(FREE);
  const { starts, entryOf, rowOf } = indexColumns(ceiling);
  const room = Float64Array.from(bounds, (bound) => -bound);
  const sorted = Uint32Array.from(columns.keys());
  const next = offsets.slice(0, bounds.length);
  for (let row = 0; row < bounds.length; row++) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) room[row] += Math.max(0, coefficients[at]);
    sorted
      .subarray(offsets[row], offsets[row + 1])
      .sort((a, b) => Math.abs(coefficients[b]) - Math.abs(coefficients[a]) || a - b);
  }
  const steps: Certificate['forced'] = [];
  const queue = Array.from(bounds.keys());
  const queued = new Uint8Array(bounds.length).fill(1);
  for (let head = 0; head < queue.length; head++) {
    const row = queue[head];
    queued[row] = 0;
    if (room[row] < 0) return { steps, conflict: row, values };
    for (; next[row] < offsets[row + 1]; next[row]++) {
      const at = sorted[next[row]];
      const column = columns[at];
      if (values[column] !== FREE || left.has(column)) continue;
      if (Math.abs(coefficients[at]) <= room[row]) break;
      const value = coefficients[at] > 0 ? 1 : 0;
      values[column] = value;
      steps.push({ variable: column, value, row });
      for (let k = starts[column]; k < starts[column + 1]; k++) {
        const entry = coefficients[entryOf[k]];
        if (value === 1 ? entry >= 0 : entry <= 0) continue;
        room[rowOf[k]] -= Math.abs(entry);
        if (queued[rowOf[k]]) continue;
        queued[rowOf[k]] = 1;
        queue.push(rowOf[k]);
      }
    }
  }
  return { steps, conflict: conflictOf(problem, values), values };
}

/** A row that cannot hold in exact arithmetic, where rounding hides it. */
function conflictOf(
  { offsets, columns, coefficients, lower }: CsrMaskProblem,
  values: Uint8Array,
): number | null {
  for (let row = 0; row < lower.length; row++) {
    const begin = offsets[row];
    const end = offsets[row + 1];
    const { integers } = commonIntegers([...coefficients.subarray(begin, end), lower[row]]);
    const sums = new Map<number, bigint>();
    for (let at = begin; at < end; at++)
      sums.set(columns[at], (sums.get(columns[at]) ?? 0n) + integers[at - begin]);
    let most = -integers[end - begin];
    for (const [column, sum] of sums)
      if (values[column] === 1 || (values[column] === FREE && sum > 0n)) most += sum;
    if (most <= 0n) return row;
  }
  return null;
}
