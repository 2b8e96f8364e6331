import { indexColumns } from '../../masks/columns.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';

/**
 * Groups of up to `size` rows that share many columns: each grows from the first row left, always by the row that
 * shares most entries with the group. Every row is in one group.
 */
export function partitionRows(problem: IntegerProblem, size: number): number[][] {
  const { offsets, columns, bounds } = problem;
  const { starts, rowOf } = indexColumns(problem);
  const taken = new Uint8Array(bounds.length);
  const shared = new Uint32Array(bounds.length);
  const groups: number[][] = [];
  for (let first = 0; first < bounds.length; first++) {
    if (taken[first]) continue;
    const group: number[] = [];
    const seen: number[] = [];
    for (let next = first; next >= 0;) {
      group.push(next);
      taken[next] = 1;
      if (group.length === size) break;
      for (let at = offsets[next]; at < offsets[next + 1]; at++) {
        for (let entry = starts[columns[at]]; entry < starts[columns[at] + 1]; entry++) {
          const other = rowOf[entry];
          if (!taken[other] && shared[other]++ === 0) seen.push(other);
        }
      }
      next = -1;
      for (const other of seen) {
        if (taken[other]) continue;
        const better = next < 0 ? 1 : shared[other] - shared[next] || next - other;
        if (better > 0) next = other;
      }
    }
    for (const other of seen) shared[other] = 0;
    groups.push(group);
  }
  return groups;
}
