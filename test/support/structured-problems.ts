// Seeded mask problems with the structure that first layers give them, and what breaks solvers of such problems:
// the source of the soak and of the sweeps.
import type { MaskProblem, MaskRow } from '../../dist/masks/problem.js';
import { type Random } from './random-problems.js';
import { randomNumbers } from './random-numbers.js';

const below = (random: Random, limit: number) => Math.floor(random() * limit);

/** A convolution over a square picture of one channel. */
export interface ConvolutionShape {
  /** Side of the picture, in pixels. */
  image: number;
  kernel: number;
  stride: number;
  /** Side of a mask cell, in pixels. */
  window: number;
  /** Filters; their weights are drawn from [−1, 1). */
  filters: number;
  /** Nodes that become rows, those of the largest pre-activation first; only positive ones count. */
  nodes: number;
  /** Share of the node's own pre-activation that the masked input must exceed. */
  gamma: number;
  /** Factor of all weights. */
  scale?: number;
}

/** Rows Σ_cells (Σ_pixels w·x) M_cell > γ·o, as the method encodes a convolution without bias. */
export function convolutionProblem(shape: ConvolutionShape, seed: number): MaskProblem {
  const { image, kernel, stride, window, filters, nodes, gamma, scale = 1 } = shape;
  const random = randomNumbers(seed);
  const side = Math.ceil(image / window);
  const pixels = Float64Array.from({ length: image * image }, () => random());
  const places = Math.floor((image - kernel) / stride) + 1;
  const found: { row: MaskRow; value: number }[] = [];
  for (let filter = 0; filter < filters; filter++) {
    const weights = Float64Array.from({ length: kernel * kernel }, () => (random() * 2 - 1) * scale);
    for (let top = 0; top < places; top++) {
      for (let left = 0; left < places; left++) {
        const cells = new Map<number, number>();
        let value = 0;
        for (let y = 0; y < kernel; y++) {
          for (let x = 0; x < kernel; x++) {
            const [row, column] = [top * stride + y, left * stride + x];
            const part = weights[y * kernel + x] * pixels[row * image + column];
            const cell = Math.floor(row / window) * side + Math.floor(column / window);
            cells.set(cell, (cells.get(cell) ?? 0) + part);
            value += part;
          }
        }
        if (!(value > 0)) continue;
        const row = { columns: [...cells.keys()], coefficients: [...cells.values()], lower: gamma * value };
        found.push({ row, value });
      }
    }
  }
  found.sort((a, b) => b.value - a.value);
  return { variables: side * side, rows: found.slice(0, nodes).map(({ row }) => row) };
}

type Make = (random: Random, seed: number, variables: number) => MaskProblem;

const rowsOf = (count: number, make: (row: number) => MaskRow) =>
  Array.from({ length: count }, (_, i) => make(i));
const everyColumn = (variables: number) => Array.from({ length: variables }, (_, j) => j);

function dense(random: Random, variables: number, draw: () => number): MaskProblem {
  const columns = everyColumn(variables);
  const rows = rowsOf(1 + below(random, 7), () => {
    const coefficients = columns.map(draw);
    const positive = coefficients.reduce((sum, value) => sum + Math.max(0, value), 0);
    return { columns, coefficients, lower: positive * random() * 0.8 };
  });
  return { variables, rows };
}

/** How structured problems are made; `variables` is the number aimed at. */
export const STRUCTURES: Record<string, Make> = {
  convolution: (random, seed, variables) => {
    const window = 1 + below(random, 3);
    const image = Math.max(2, Math.floor(Math.sqrt(variables))) * window;
    const kernel = 1 + below(random, Math.min(image, 7));
    return convolutionProblem(
      {
        image,
        kernel,
        window,
        stride: 1 + below(random, 3),
        filters: 1 + below(random, 4),
        nodes: 1 + below(random, 3 * variables),
        gamma: random() < 0.4 ? 0 : random() * 0.95,
        scale: [1, 1, 1e-200, 1e200, 1e-310][below(random, 5)],
      },
      seed,
    );
  },
  dense: (random, _seed, variables) => dense(random, variables, random),
  mixedSigns: (random, _seed, variables) => dense(random, variables, () => random() * 2 - 0.8),
  duplicatedColumns: (random, _seed, variables) => {
    const distinct = Math.max(1, Math.ceil(variables / 3));
    const { rows } = dense(random, distinct, () => random() * 2 - 0.6);
    // Variable j copies column j mod distinct; some entries are split in two of the same column.
    return {
      variables,
      rows: rows.map(({ coefficients, lower }) => {
        const columns = everyColumn(variables);
        const values = columns.map((j) => coefficients[j % distinct]);
        columns.push(0);
        values.push(0.25);
        return { columns, coefficients: values, lower };
      }),
    };
  },
  identicalComponents: (random, _seed, variables) => {
    const size = 2 + below(random, 4);
    const copies = Math.max(1, Math.floor(variables / size));
    const { rows } = dense(random, size, () => random() * 2 - 0.6);
    return {
      variables: copies * size,
      rows: Array.from({ length: copies }, (_, copy) => copy).flatMap((copy) =>
        rows.map((row) => ({ ...row, columns: Array.from(row.columns, (j) => j + copy * size) })),
      ),
    };
  },
  // A subset's sum is the bound, or one ulp beside it: what 20 bits cannot tell.
  nearTies: (random, _seed, variables) => {
    const columns = everyColumn(variables);
    const rows = rowsOf(1 + below(random, 4), () => {
      const coefficients = columns.map(() => random() + 0.1);
      const sum = coefficients.reduce((total, value) => (random() < 0.5 ? total + value : total), 0);
      const lower = sum * (1 + (below(random, 3) - 1) * 2 ** -52);
      return { columns, coefficients, lower };
    });
    return { variables, rows };
  },
  // Coefficients a hair apart from multiples of 2⁻¹⁹, on both sides of the integer rounding.
  roundingBoundary: (random, _seed, variables) => {
    const columns = everyColumn(variables);
    const rows = rowsOf(1 + below(random, 4), () => {
      const coefficients = columns.map(
        () => (1 + below(random, 6)) * 2 ** -3 + (below(random, 3) - 1) * 2 ** -(19 + below(random, 30)),
      );
      return { columns, coefficients, lower: below(random, 3 * variables) * 2 ** -3 };
    });
    return { variables, rows };
  },
  infeasible: (random, _seed, variables) => {
    const problem = dense(random, variables, () => random() * 2 - 0.6);
    const row = problem.rows[below(random, problem.rows.length)];
    const positive = Array.from(row.coefficients).reduce((sum, value) => sum + Math.max(0, value), 0);
    row.lower = positive * (1 + random() * 1e-9) + 1e-12;
    return problem;
  },
  empty: (random, _seed, variables) => ({
    variables,
    rows: rowsOf(below(random, 3), () => ({ columns: [], coefficients: [], lower: -random() })),
  }),
};

/** One structured problem of about `variables` variables; its kind follows from the seed. */
export function structuredProblem(seed: number, variables: number): MaskProblem {
  const kinds = Object.keys(STRUCTURES);
  const random = randomNumbers(seed);
  for (let i = 0; i < 4; i++) random();
  return STRUCTURES[kinds[seed % kinds.length]](random, seed, variables);
}
