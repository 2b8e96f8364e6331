import { Random } from '../../random.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';

export interface Permuted {
  problem: IntegerProblem;
  /** Variable j of the original is variable `position[j]` here. */
  position: Uint32Array;
}

/**
 * The same problem with variables and rows in another order, drawn from the seed; seed 0 keeps the order.
 * Solvers' times are heavy-tailed in it, and two orders rarely hit the same fault.
 */
export function permute(problem: IntegerProblem, seed: number): Permuted {
  const rows = problem.bounds.length;
  if (seed === 0) return { problem, position: ascending(problem.variables) };
  const random = new Random(seed);
  const position = shuffled(problem.variables, random);
  const order = shuffled(rows, random);
  const offsets = new Uint32Array(rows + 1);
  const columns = new Uint32Array(problem.columns.length);
  const coefficients = new Int32Array(problem.columns.length);
  const bounds = new Float64Array(rows);
  let write = 0;
  order.forEach((row, i) => {
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++, write++) {
      columns[write] = position[problem.columns[at]];
      coefficients[write] = problem.coefficients[at];
    }
    offsets[i + 1] = write;
    bounds[i] = problem.bounds[row];
  });
  return { problem: { variables: problem.variables, offsets, columns, coefficients, bounds }, position };
}

function ascending(length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, index) => index);
}

function shuffled(length: number, random: Random): Uint32Array {
  const order = ascending(length);
  for (let i = length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
