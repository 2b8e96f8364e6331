import type { Kernel, OperationOf, Values } from './kernel.js';

/** y[…, m, n] = Σ_k a[…, m, k]·b[…, k, n], one product per leading index. */
export const matMul: Kernel<OperationOf<'matMul'>> = {
  forward(_, [a, b], shape, allocate) {
    const output = allocate(shape);
    const [rows, columns] = shape.slice(-2);
    const depth = a.shape[a.shape.length - 1];
    const left = { data: a.data, row: depth, column: 1 };
    multiply(left, { data: b.data, row: columns, column: 1 }, rows, depth, columns, output);
    return output;
  },

  // ∂F/∂a = G·bᵀ and ∂F/∂b = aᵀ·G.
  backward({ inputs: [a, b], gradient, wanted }, allocate) {
    const [rows, columns] = gradient.shape.slice(-2);
    const depth = a.shape[a.shape.length - 1];
    const by = { data: gradient.data, row: columns, column: 1 };
    const [byA, byB] = [a, b].map(({ shape }, at) => (wanted[at] ? allocate(shape) : undefined));
    if (byA) multiply(by, { data: b.data, row: 1, column: columns }, rows, columns, depth, byA);
    if (byB) multiply({ data: a.data, row: 1, column: depth }, by, depth, rows, columns, byB);
    return [byA, byB];
  },
};

/** Matrices one behind the other; how far apart neighbours in a column and in a row lie. */
interface Matrices {
  data: Values['data'];
  row: number;
  column: number;
}

function multiply(
  a: Matrices,
  b: Matrices,
  rows: number,
  depth: number,
  columns: number,
  output: Values,
): void {
  const sums = new Float64Array(columns);
  for (let r = 0; r * columns < output.data.length; r++) {
    const product = Math.floor(r / rows);
    const [left, right] = [product * rows * depth + (r % rows) * a.row, product * depth * columns];
    sums.fill(0);
    for (let k = 0; k < depth; k++) {
      const factor = a.data[left + k * a.column];
      for (let n = 0; n < columns; n++) sums[n] += factor * b.data[right + k * b.row + n * b.column];
    }
    output.data.set(sums, r * columns);
  }
}
