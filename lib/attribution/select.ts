/** Positive float32 numbers are ordered as their bit patterns are, read as integers; infinity is the last of them. */
const INFINITY_PATTERN = 0x7f800000;

/**
 * D^k of the paper: the indices of the k highest scores among the positive ones, highest first; of equal scores
 * the lower index comes first. Fewer than k where fewer are positive.
 */
export function selectTopNodes(scores: Float32Array, k: number): Uint32Array {
  const patterns = new Int32Array(scores.buffer, scores.byteOffset, scores.length);
  const least = leastPattern(patterns, k);
  const candidates: number[] = [];
  for (let node = 0; node < patterns.length; node++)
    if (patterns[node] >= least && patterns[node] <= INFINITY_PATTERN) candidates.push(node);
  candidates.sort((a, b) => scores[b] - scores[a] || a - b);
  return Uint32Array.from(candidates.slice(0, k));
}

/**
 * The largest pattern with a lower half of zeros that at least k positive scores reach. A first layer has close to a
 * million nodes, and sorting all of them took longer than encoding and solving together; a count of each upper half,
 * made without a branch, leaves little more than k to sort.
 */
function leastPattern(patterns: Int32Array, k: number): number {
  const counts = new Uint32Array(2 ** 16);
  for (let node = 0; node < patterns.length; node++) counts[patterns[node] >>> 16]++;
  let value = INFINITY_PATTERN >>> 16;
  for (let reached = counts[value]; reached < k && value > 0;) reached += counts[--value];
  return Math.max(1, value << 16);
}
