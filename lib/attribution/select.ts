import { loadAddon, type Addon } from '../addon.js';

/** The addon's side of it, see binding/nodes_binding.cc. */
interface NodesAddon {
  topNodes(scores: Float32Array, k: number): Uint32Array;
}

/** Positive float32 numbers are ordered as their bit patterns are, read as integers; infinity is the last of them. */
const INFINITY_PATTERN = 0x7f800000;
/** One node of `STRIDE` tells where the k highest begin: a prime, so that the nodes lie on no line of the layer. */
const STRIDE = 31;
/** Numbers of nodes below it fit into one exact double with a pattern. */
const NODES = 2 ** 22;

/**
 * D^k of the paper: the indices of the k highest scores among the positive ones, highest first; of equal scores
 * the lower index comes first. Fewer than k where fewer are positive. An explanation asks four times; the addon
 * takes a fifth of the time of JavaScript.
 * @param addon for tests; null: as where there is none
 */
export function selectTopNodes(
  scores: Float32Array,
  k: number,
  addon: Addon | null = loadAddon(),
): Uint32Array {
  if (typeof addon?.topNodes === 'function') return (addon as unknown as NodesAddon).topNodes(scores, k);
  const patterns = new Int32Array(scores.buffer, scores.byteOffset, scores.length);
  const guess = guessedPattern(patterns, k);
  let candidates = nodesFrom(patterns, guess);
  if (candidates.length < k && guess > 1) candidates = nodesFrom(patterns, leastPattern(patterns, k));
  return highestFirst(candidates, patterns).slice(0, k);
}

/**
 * A pattern that more than k scores reach, by a sample. A first layer has close to a million nodes: sorting all of them took longer
 * than encoding and solving together, and counting the patterns of all takes a pass of its own.
 */
function guessedPattern(patterns: Int32Array, k: number): number {
  // A quarter more, and sixteen: fewer than k are then hardly ever left.
  return leastPattern(patterns, Math.ceil((1.25 * k) / STRIDE) + 16, STRIDE);
}

/**
 * The largest pattern with a lower half of zeros that at least `count` positive scores reach, of one in `stride`; 1 where fewer are
 * positive. Each upper half is counted without a branch.
 */
function leastPattern(patterns: Int32Array, count: number, stride = 1): number {
  const counts = new Uint32Array(2 ** 16);
  for (let node = 0; node < patterns.length; node += stride) counts[patterns[node] >>> 16]++;
  let value = INFINITY_PATTERN >>> 16;
  for (let reached = counts[value]; reached < count && value > 0;) reached += counts[--value];
  return Math.max(1, value << 16);
}

function nodesFrom(patterns: Int32Array, least: number): number[] {
  const nodes: number[] = [];
  for (let node = 0; node < patterns.length; node++) {
    const pattern = patterns[node];
    if (pattern >= least && pattern <= INFINITY_PATTERN) nodes.push(node);
  }
  return nodes;
}

function highestFirst(nodes: number[], patterns: Int32Array): Uint32Array {
  if (patterns.length > NODES)
    return Uint32Array.from(nodes.sort((a, b) => patterns[b] - patterns[a] || a - b));
  // Doubles are sorted without a call per comparison.
  const keys = new Float64Array(nodes.length);
  for (let at = 0; at < keys.length; at++)
    keys[at] = -(patterns[nodes[at]] * NODES + (NODES - 1 - nodes[at]));
  keys.sort();
  const sorted = new Uint32Array(keys.length);
  for (let at = 0; at < keys.length; at++) sorted[at] = NODES - 1 - (-keys[at] % NODES);
  return sorted;
}
