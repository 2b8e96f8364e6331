import type { FirstLayer } from '../graph/split.js';
import { sizeOf } from '../tensor.js';

/** The paper's 3,000 nodes are this share of the 800,000 of Inception v1's first layer. */
const SHARE = 0.0038;
const MOST = 3000;
const FEWEST = 100;
/** A number one can remember. */
const STEP = 25;
/** Of so few nodes the share would be a handful: digits and words, where every node that speaks for the class is kept. */
const SMALL_LAYER = 25_000;

/** `--top-k auto` for images: the paper's share of the nodes; of dense and small layers every node, up to 3,000. */
export function defaultTopK(layer: FirstLayer): number {
  const nodes = sizeOf(layer.outputShape);
  const share =
    layer.kind === 'dense' || nodes <= SMALL_LAYER ? nodes : STEP * Math.round((SHARE * nodes) / STEP);
  return Math.min(nodes, Math.max(FEWEST, Math.min(MOST, share)));
}

/** Up to this side every pixel has a variable of its own. */
const SMALL_SIDE = 64;
/** Cells along the longer side of a larger picture: what a person can tell apart at a glance. */
const CELLS = 28;

/** `--window auto` for images: pixels per side of a cell, 8 at 224. */
export function defaultWindow({ height, width }: { height: number; width: number }): number {
  const side = Math.max(height, width);
  return side <= SMALL_SIDE ? 1 : Math.max(2, Math.round(side / CELLS));
}
