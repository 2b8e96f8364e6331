import type { MaskProblem } from '../../dist/masks/problem.js';
import { randomNumbers } from './random-numbers.js';

/** A set-cover-like problem that takes every solver minutes. */
export function hardProblem(variables = 900, rows = 1400, length = 25): MaskProblem {
  const random = randomNumbers(7);
  return {
    variables,
    rows: Array.from({ length: rows }, () => {
      const columns = new Set<number>();
      while (columns.size < length) columns.add(Math.floor(random() * variables));
      const coefficients = Array.from(columns, () => random() * 2 - 0.6);
      return { columns: [...columns], coefficients, lower: 0.3 * coefficients.reduce((a, b) => a + b, 0) };
    }),
  };
}

/** Every row in float64, summed from left to right. */
export function holds({ rows }: MaskProblem, mask: Uint8Array): boolean {
  return rows.every(({ columns, coefficients, lower }) => {
    let sum = 0;
    for (let at = 0; at < columns.length; at++) if (mask[columns[at]]) sum += coefficients[at];
    return sum > lower;
  });
}
