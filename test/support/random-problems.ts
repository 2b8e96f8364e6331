// Seeded random mask problems of every kind that has broken a solver: the fuzzers' common source.
import type { MaskProblem } from '../../dist/masks/problem.js';
import { randomNumbers } from './random-numbers.js';

export type Random = () => number;

const below = (random: Random, limit: number) => Math.floor(random() * limit);

/** How coefficients are drawn. */
export const KINDS: Record<string, (random: Random) => number> = {
  normal: (random) => random() * 2 - 0.7,
  integer: (random) => below(random, 11) - 4,
  unit: (random) => (random() < 0.7 ? 1 : -1),
  tiny: (random) => (random() * 2 - 0.7) * 1e-300,
  denormal: (random) => (below(random, 9) - 3) * 5e-324,
  huge: (random) => (random() * 2 - 0.7) * 1e300,
  mixed: (random) => (random() * 2 - 0.7) * 10 ** (below(random, 25) - 12),
  // Scales far apart and few values: ties at one scale are decided at another.
  layered: (random) => (below(random, 5) - 2) * [1e12, 1, 1e-12][below(random, 3)],
  extreme: (random) => (random() < 0.7 ? 1 : -1) * 10 ** (below(random, 601) - 300),
  sameSign: (random) => random() + 0.01,
};

/** One problem; `variables` from 1 to `most`. Some are infeasible, some have zero or empty rows. */
export function randomProblem(seed: number, most = 14): MaskProblem {
  const random = randomNumbers(seed);
  const kinds = Object.keys(KINDS);
  const draw = KINDS[kinds[seed % kinds.length]];
  const variables = 1 + below(random, most);
  const density = random() < 0.4 ? 1 : 0.15 + random() * 0.6;
  const strictness = random() * 1.1;
  const rows = Array.from({ length: below(random, 9) }, () => {
    const columns: number[] = [];
    const coefficients: number[] = [];
    for (let j = 0; j < variables; j++) {
      if (random() >= density) continue;
      columns.push(j);
      coefficients.push(random() < 0.03 ? 0 : draw(random));
    }
    if (columns.length > 0 && random() < 0.05) {
      columns.push(columns[0]);
      coefficients.push(draw(random));
    }
    const positive = coefficients.reduce((sum, value) => sum + Math.max(0, value), 0);
    const kind = random();
    const lower =
      kind < 0.3
        ? 0
        : kind < 0.75
          ? positive * strictness * random()
          : kind < 0.9
            ? coefficients.filter(() => random() < 0.5).reduce((sum, value) => sum + value, 0)
            : draw(random);
    return { columns, coefficients, lower };
  });
  return { variables, rows };
}
