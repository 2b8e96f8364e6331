import { createHash } from 'node:crypto';
import type { CsrMaskProblem } from '../../masks/problem.js';
import type { IntegerProblem, RoundedRows } from '../../masks/integer-rows.js';
import type { PresolvedRows } from './presolve.js';

/** Variables that rows tie together, directly or through others; solved on its own. */
export interface Component {
  /** Its variables in the problem, ascending: variable j of the component is `variables[j]`. */
  variables: Uint32Array;
  /** Its rows in the problem. */
  rows: Uint32Array;
  floor: IntegerProblem;
  ceiling: IntegerProblem;
}

/** Splits what presolve left; smallest components first, and by their first variable among equals. */
export function splitComponents(presolved: PresolvedRows): Component[] {
  const { ceiling } = presolved.reduced;
  const parent = new Uint32Array(ceiling.variables);
  for (let j = 0; j < parent.length; j++) parent[j] = j;
  const find = (j: number): number => {
    while (parent[j] !== j) {
      parent[j] = parent[parent[j]];
      j = parent[j];
    }
    return j;
  };
  for (let row = 0; row < ceiling.bounds.length; row++) {
    for (let at = ceiling.offsets[row] + 1; at < ceiling.offsets[row + 1]; at++) {
      const a = find(ceiling.columns[at - 1]);
      const b = find(ceiling.columns[at]);
      if (a !== b) parent[Math.max(a, b)] = Math.min(a, b);
    }
  }
  const members = new Map<number, { variables: number[]; rows: number[] }>();
  for (let j = 0; j < parent.length; j++) {
    const root = find(j);
    if (!members.has(root)) members.set(root, { variables: [], rows: [] });
    members.get(root)!.variables.push(j);
  }
  for (let row = 0; row < ceiling.bounds.length; row++) {
    members.get(find(ceiling.columns[ceiling.offsets[row]]))!.rows.push(row);
  }
  const local = new Uint32Array(ceiling.variables);
  const components = [...members.values()].map(({ variables, rows }) => {
    variables.forEach((j, index) => (local[j] = index));
    const part = extract(presolved.reduced, variables.length, rows, local);
    return {
      ...part,
      variables: Uint32Array.from(variables, (j) => presolved.free[j]),
      rows: Uint32Array.from(rows, (row) => presolved.rows[row]),
    };
  });
  return components.sort(
    (a, b) => a.variables.length - b.variables.length || a.variables[0] - b.variables[0],
  );
}

function extract(reduced: RoundedRows, variables: number, rows: number[], local: Uint32Array): RoundedRows {
  const { offsets: from, columns: all } = reduced.ceiling;
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => (offsets[i + 1] = offsets[i] + from[row + 1] - from[row]));
  const columns = new Uint32Array(offsets[rows.length]);
  rows.forEach((row, i) => {
    for (let at = from[row], to = offsets[i]; at < from[row + 1]; at++, to++) columns[to] = local[all[at]];
  });
  const part = (model: IntegerProblem): IntegerProblem => {
    const coefficients = new Int32Array(columns.length);
    rows.forEach((row, i) =>
      coefficients.set(model.coefficients.subarray(from[row], from[row + 1]), offsets[i]),
    );
    return {
      variables,
      offsets,
      columns,
      coefficients,
      bounds: Float64Array.from(rows, (row) => model.bounds[row]),
    };
  };
  return { floor: part(reduced.floor), ceiling: part(reduced.ceiling) };
}

/** Components of so few entries are their own key; larger ones are hashed. */
const PLAIN_KEY_ENTRIES = 24;

/** Equal text for components that are the same up to the numbers of their variables and rows. */
export function componentKey(component: Component, truth: CsrMaskProblem): string {
  const { floor, ceiling } = component;
  const arrays = [ceiling.offsets, ceiling.columns, ceiling.coefficients, ceiling.bounds, floor.coefficients];
  if (ceiling.columns.length <= PLAIN_KEY_ENTRIES)
    return [...arrays, floor.bounds, truth.offsets, truth.columns, truth.coefficients, truth.lower].join('|');
  const hash = createHash('sha256');
  for (const array of [
    ...arrays,
    floor.bounds,
    truth.offsets,
    truth.columns,
    truth.coefficients,
    truth.lower,
  ]) {
    hash.update(`${array.length} `).update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return hash.digest('base64');
}

/**
 * The component's rows on the doubles they were given in: the truth that a mask of it is checked against. One
 * more variable than the component has stands for what presolve set to 1; it is always 1.
 */
export function componentTruth(
  problem: CsrMaskProblem,
  component: Component,
  values: Uint8Array,
): CsrMaskProblem {
  const local = new Map<number, number>();
  component.variables.forEach((variable, j) => local.set(variable, j));
  const one = component.variables.length;
  const offsets = new Uint32Array(component.rows.length + 1);
  const columns: number[] = [];
  const coefficients: number[] = [];
  component.rows.forEach((row, i) => {
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
      const variable = problem.columns[at];
      const index = local.get(variable);
      if (index === undefined && values[variable] !== 1) continue;
      columns.push(index ?? one);
      coefficients.push(problem.coefficients[at]);
    }
    offsets[i + 1] = columns.length;
  });
  return {
    variables: one + 1,
    offsets,
    columns: Uint32Array.from(columns),
    coefficients: Float64Array.from(coefficients),
    lower: Float64Array.from(component.rows, (row) => problem.lower[row]),
  };
}
