import type { MaskProblem } from '../../dist/masks/problem.js';
import { randomNumbers } from './random-numbers.js';

/** Rows over all variables, as fully connected layers have them; every third problem has negative coefficients, too. */
export function denseProblem(seed: number, size?: number): MaskProblem {
  const random = randomNumbers(seed);
  const variables = size ?? 49 + Math.floor(random() * 12);
  const share = 0.15 + 0.35 * random();
  return {
    variables,
    rows: Array.from({ length: 3 + Math.floor(random() * 5) }, () => {
      const coefficients = Array.from({ length: variables }, () =>
        seed % 3 === 2 && random() < 0.3 ? -random() : random() ** 2,
      );
      const most = coefficients.reduce((sum, value) => sum + Math.max(0, value), 0);
      return { columns: coefficients.map((_, j) => j), coefficients, lower: share * most };
    }),
  };
}
