import type { LinearLayer } from './layers.js';

/** The image that is masked: X, and which pixel each of its elements belongs to. */
export interface EncodedImage {
  x: Float32Array;
  /** Of every element of X. */
  pixelOf: Int32Array;
  pixels: number;
}

/**
 * The first layer's pre-activations over the mask: z_i = bias_i + Σ_cells contribution · M_cell. Cells are the pixels that can
 * matter: one that equals the blank, or that no node reads, is 0 in some smallest mask.
 */
export interface MaskedInput {
  /** Pixel of every cell. */
  cells: Int32Array;
  nodes: number;
  bias: Float64Array;
  /** Per node: its cells, by contribution, the largest first, and what they contribute. */
  offsets: Int32Array;
  columns: Int32Array;
  contributions: Float64Array;
  /** The same per cell. */
  cellOffsets: Int32Array;
  cellNodes: Int32Array;
  cellContributions: Float64Array;
  /** |bias_i| + Σ |w x|: no partial sum exceeds it. */
  magnitudes: Float64Array;
}

export function maskedInput(layer: LinearLayer, { x, pixelOf }: EncodedImage): MaskedInput {
  const rows: Map<number, number>[] = [];
  const magnitudes = layer.bias.map(Math.abs);
  const seen = new Set<number>();
  for (let node = 0; node < layer.outputs; node++) {
    const row = new Map<number, number>();
    for (let at = layer.offsets[node]; at < layer.offsets[node + 1]; at++) {
      const element = layer.columns[at];
      const term = (layer.weights[at] * x[element]) / layer.divisor;
      if (term === 0) continue;
      magnitudes[node] += Math.abs(term);
      row.set(pixelOf[element], (row.get(pixelOf[element]) ?? 0) + term);
      seen.add(pixelOf[element]);
    }
    rows.push(row);
  }
  const cells = Int32Array.from(seen).sort();
  const cellOf = new Map([...cells].map((pixel, cell) => [pixel, cell]));
  const sorted = rows.map((row) =>
    [...row]
      .map(([pixel, term]) => [cellOf.get(pixel)!, term] as const)
      .sort((a, b) => b[1] - a[1] || a[0] - b[0]),
  );
  const perCell: [node: number, term: number][][] = Array.from(cells, () => []);
  sorted.forEach((row, node) => row.forEach(([cell, term]) => perCell[cell].push([node, term])));
  const byNode = compressed(sorted);
  const byCell = compressed(perCell);
  return {
    ...{ cells, nodes: layer.outputs, bias: layer.bias, magnitudes },
    ...{ offsets: byNode.offsets, columns: byNode.keys, contributions: byNode.values },
    ...{ cellOffsets: byCell.offsets, cellNodes: byCell.keys, cellContributions: byCell.values },
  };
}

/** The pre-activations with one more cell. */
export function addCell(
  { cellOffsets, cellNodes, cellContributions }: MaskedInput,
  z: Float64Array,
  cell: number,
): void {
  for (let at = cellOffsets[cell]; at < cellOffsets[cell + 1]; at++)
    z[cellNodes[at]] += cellContributions[at];
}

function compressed(rows: readonly (readonly (readonly [key: number, value: number])[])[]) {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, at) => (offsets[at + 1] = offsets[at] + row.length));
  const pairs = rows.flat();
  return {
    offsets,
    keys: Int32Array.from(pairs, ([key]) => key),
    values: Float64Array.from(pairs, ([, value]) => value),
  };
}
