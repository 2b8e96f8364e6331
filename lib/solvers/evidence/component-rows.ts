import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import type { ComponentEvidence } from '../solution-evidence.js';

/** A value that nothing is known of. */
export const FREE = 2;

/**
 * The component's integer rows over its own variables. Others stand at their value where `values` knows one, else at
 * whatever suits each row best: a relaxation whatever presolve did, so its minimum bounds the component's.
 */
export function componentIntegers(
  ceiling: IntegerProblem,
  values: Uint8Array,
  { variables, rows }: Pick<ComponentEvidence, 'variables' | 'rows'>,
): IntegerProblem {
  const local = new Map(variables.map((variable, index) => [variable, index]));
  const offsets = new Uint32Array(rows.length + 1);
  const columns: number[] = [];
  const coefficients: number[] = [];
  const bounds = new Float64Array(rows.length);
  rows.forEach((row, index) => {
    bounds[index] = ceiling.bounds[row];
    for (let at = ceiling.offsets[row]; at < ceiling.offsets[row + 1]; at++) {
      const variable = ceiling.columns[at];
      const value = ceiling.coefficients[at];
      const mine = local.get(variable);
      if (mine !== undefined) {
        columns.push(mine);
        coefficients.push(value);
      } else if (values[variable] === 1 || (values[variable] === FREE && value > 0)) bounds[index] -= value;
    }
    offsets[index + 1] = columns.length;
  });
  return {
    variables: variables.length,
    offsets,
    columns: Uint32Array.from(columns),
    coefficients: Int32Array.from(coefficients),
    bounds,
  };
}

/**
 * The component's rows on the doubles of the problem, relaxed in the same way. One more variable than the
 * component has stands for what is taken to be 1; it is always 1.
 */
export function componentDoubles(
  problem: CsrMaskProblem,
  values: Uint8Array,
  { variables, rows }: Pick<ComponentEvidence, 'variables' | 'rows'>,
): CsrMaskProblem {
  const local = new Map(variables.map((variable, index) => [variable, index]));
  const offsets = new Uint32Array(rows.length + 1);
  const columns: number[] = [];
  const coefficients: number[] = [];
  rows.forEach((row, index) => {
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
      const variable = problem.columns[at];
      const mine = local.get(variable);
      const isOne = values[variable] === 1 || (values[variable] === FREE && problem.coefficients[at] > 0);
      if (mine === undefined && !isOne) continue;
      columns.push(mine ?? variables.length);
      coefficients.push(problem.coefficients[at]);
    }
    offsets[index + 1] = columns.length;
  });
  return {
    variables: variables.length + 1,
    offsets,
    columns: Uint32Array.from(columns),
    coefficients: Float64Array.from(coefficients),
    lower: Float64Array.from(rows, (row) => problem.lower[row]),
  };
}
