import type { FirstLayer } from '../graph/split.js';
import { nodeCount } from '../masks/branch-nodes.js';
import { seesOnePosition } from '../masks/receptive-field.js';

/** The paper's 3,000 nodes are this share of the 800,000 of Inception v1's first layer. */
const SHARE = 0.0038;
const MOST = 3000;
const FEWEST = 100;
/** A number one can remember. */
const STEP = 25;
/** Up to this side all nodes that speak for the class are taken. */
const SMALL_SIDE = 64;
/**
 * Up to this side, that of digits, every pixel has a variable of its own. Of photographs a convolution's 3,000 nodes over single pixels are
 * not proven minimal in a minute, at 32 pixels a side as at 64; over cells of 2 by 2 in some seconds.
 */
const PIXEL_SIDE = 28;

interface Sides {
  height: number;
  width: number;
}

/**
 * `--top-k auto` for images: the paper's share of the nodes; of dense layers and on small pictures (digits), where the share
 * would be a handful, every node that speaks for the class, up to 3,000.
 */
export function defaultTopK(layer: FirstLayer, { height, width }: Sides): number {
  const nodes = nodeCount(layer);
  const small = layer.kind === 'dense' || Math.max(height, width) <= SMALL_SIDE;
  const share = small ? nodes : STEP * Math.round((SHARE * nodes) / STEP);
  return Math.min(nodes, Math.max(FEWEST, Math.min(MOST, share)));
}

/** As in the paper. */
const OF_TEXTS = 100;
/**
 * Where every node sees one word, the mask is the words that hold a chosen one, and k is about the number of words that a reader is
 * shown at most. Of a small BERT's sentences 20 keep a fifth of the words, 100 half of them; both keep the class (docs/text.md).
 */
const OF_SINGLE_WORDS = 20;

/** `--top-k auto` for texts. */
export function defaultTextTopK(layer: FirstLayer): number {
  return seesOnePosition(layer) ? OF_SINGLE_WORDS : OF_TEXTS;
}

/** Cells along the longer side of a larger picture: what a person can tell apart at a glance. */
const CELLS = 28;

/** `--window auto` for images: pixels per side of a cell, 8 at 224. */
export function defaultWindow({ height, width }: Sides): number {
  const side = Math.max(height, width);
  return side <= PIXEL_SIDE ? 1 : Math.max(2, Math.round(side / CELLS));
}
