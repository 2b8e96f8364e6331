import type { IntegerProblem } from '../../masks/integer-rows.js';

/**
 * Groups of up to `size` rows that share many columns: each grows from the first row left, always by the row that
 * shares most entries with the group. Every row is in one group.
 */
export function partitionRows(
  { variables, offsets, columns, bounds }: IntegerProblem,
  size: number,
): number[][] {
  const starts = new Uint32Array(variables + 1);
  for (let at = 0; at < offsets[bounds.length]; at++) starts[columns[at] + 1]++;
  for (let column = 0; column < variables; column++) starts[column + 1] += starts[column];
  const rowsOf = new Uint32Array(starts[variables]);
  const fill = starts.slice();
  for (let row = 0; row < bounds.length; row++) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) rowsOf[fill[columns[at]]++] = row;
  }
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
          const other = rowsOf[entry];
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
