import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { SearchRows } from './search-rows.js';

/** Part of a problem with everything else held at a mask. */
export interface Neighbourhood {
  /** Variables that may change, ascending: variable j of `problem` is `variables[j]`. */
  variables: Uint32Array;
  /** Rows that have one of them and could break; bounds take the held variables into account. */
  problem: IntegerProblem;
  /** Ones of the mask among them: only a smaller solution is a gain. */
  ones: number;
}

/**
 * The variables closest to `center` in the row graph (variables are adjacent where a row has both), up to `size`
 * of them, breadth first; those of one ring that share most rows with what is taken come first.
 */
export function closestVariables(rows: SearchRows, center: number, size: number): Uint32Array {
  const taken = new Set<number>([center]);
  const shared = new Map<number, number>();
  const seenRows = new Set<number>();
  let ring = [center];
  while (taken.size < size && ring.length > 0) {
    shared.clear();
    for (const variable of ring) {
      for (let at = rows.starts[variable]; at < rows.starts[variable + 1]; at++) {
        const row = rows.rowOf[at];
        if (seenRows.has(row)) continue;
        seenRows.add(row);
        for (let entry = rows.offsets[row]; entry < rows.offsets[row + 1]; entry++) {
          const other = rows.columns[entry];
          if (!taken.has(other)) shared.set(other, (shared.get(other) ?? 0) + 1);
        }
      }
    }
    ring = [...shared.keys()].sort((a, b) => shared.get(b)! - shared.get(a)! || a - b);
    ring.length = Math.min(ring.length, size - taken.size);
    for (const variable of ring) taken.add(variable);
  }
  return Uint32Array.from(taken).sort();
}

/**
 * The problem of the smallest values for `variables`, all others held at `mask`. Any solution put back with
 * `withNeighbourhood` satisfies every row that has one of the variables.
 */
export function neighbourhood(rows: SearchRows, mask: Uint8Array, variables: Uint32Array): Neighbourhood {
  const local = new Map<number, number>();
  variables.forEach((variable, index) => local.set(variable, index));
  const touched = new Set<number>();
  let ones = 0;
  for (const variable of variables) {
    ones += mask[variable];
    for (let at = rows.starts[variable]; at < rows.starts[variable + 1]; at++) touched.add(rows.rowOf[at]);
  }
  const offsets = [0];
  const columns: number[] = [];
  const coefficients: number[] = [];
  const bounds: number[] = [];
  for (const row of [...touched].sort((a, b) => a - b)) {
    const start = columns.length;
    let bound = rows.bounds[row];
    let least = 0;
    for (let at = rows.offsets[row]; at < rows.offsets[row + 1]; at++) {
      const index = local.get(rows.columns[at]);
      if (index !== undefined) {
        columns.push(index);
        coefficients.push(rows.values[at]);
        least += Math.min(0, rows.values[at]);
      } else if (mask[rows.columns[at]]) bound -= rows.values[at];
    }
    if (bound <= least) {
      // It holds whatever is chosen.
      columns.length = start;
      coefficients.length = start;
      continue;
    }
    offsets.push(columns.length);
    bounds.push(bound);
  }
  return {
    variables,
    ones,
    problem: {
      variables: variables.length,
      offsets: Uint32Array.from(offsets),
      columns: Uint32Array.from(columns),
      coefficients: Int32Array.from(coefficients),
      bounds: Float64Array.from(bounds),
    },
  };
}

/** A copy of the mask with the neighbourhood's variables set to its solution. */
export function withNeighbourhood(
  mask: Uint8Array,
  { variables }: Neighbourhood,
  solution: Uint8Array,
): Uint8Array {
  const changed = mask.slice();
  variables.forEach((variable, index) => (changed[variable] = solution[index]));
  return changed;
}
