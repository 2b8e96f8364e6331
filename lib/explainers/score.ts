import type { FirstLayer } from '../graph/split.js';
import type { CellGrid, InputGeometry } from '../masks/cells.js';
import { ReceptiveFields } from '../masks/receptive-field.js';
import { maskPixels, type WindowMask } from '../masks/window-mask.js';
import type { ScoreRule } from './options.js';

/**
 * Step 6 of the method: s_ij = Σ_p α(o_p)·[ij in the receptive field of o_p] over the chosen nodes (`max`: the
 * largest of them, as the reference implementation has it). This is SMUG_base, the union of the receptive fields;
 * `maskedScores` keeps of it what a mask keeps.
 *
 * @returns one score a position of the grid, row-major, height·width
 */
export function scorePixels(
  layer: FirstLayer,
  geometry: InputGeometry,
  grid: CellGrid,
  nodes: ArrayLike<number>,
  attribution: ArrayLike<number>,
  rule: ScoreRule,
): Float32Array {
  const { height, width } = grid;
  const scores = new Float64Array(height * width);
  const fields = new ReceptiveFields(layer, geometry);
  for (let at = 0; at < nodes.length; at++) {
    const { rows, columns } = fields.of(nodes[at]);
    const worth = attribution[nodes[at]];
    for (const y of rows) {
      for (const x of columns) {
        const pixel = y * width + x;
        scores[pixel] = rule === 'sum' ? scores[pixel] + worth : Math.max(scores[pixel], worth);
      }
    }
  }
  return Float32Array.from(scores);
}

/** Scores of an input's positions, 0 where the mask hides them. */
export function maskedScores(mask: WindowMask, scores: Float32Array): Float32Array {
  const kept = maskPixels(mask);
  const masked = new Float32Array(scores.length);
  for (let position = 0; position < masked.length; position++)
    if (kept[position]) masked[position] = scores[position];
  return masked;
}
