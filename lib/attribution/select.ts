/**
 * D^k of the paper: the indices of the k highest scores among the positive ones, highest first; of equal scores
 * the lower index comes first. Fewer than k where fewer are positive.
 */
export function selectTopNodes(scores: ArrayLike<number>, k: number): Uint32Array {
  const least = lowestCandidate(scores, k);
  const candidates: number[] = [];
  for (let node = 0; node < scores.length; node++) {
    if (scores[node] > 0 && upperBits(scores[node]) >= least) candidates.push(node);
  }
  candidates.sort((a, b) => scores[b] - scores[a] || a - b);
  return Uint32Array.from(candidates.slice(0, k));
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The upper half of a positive number's float32 pattern: it never falls where the number rises. */
function upperBits(positive: number): number {
  float[0] = positive;
  return bits[0] >>> 16;
}

/**
 * The largest value of `upperBits` that at least k positive scores reach. A first layer has close to a million
 * nodes, and sorting all of them took longer than encoding and solving together; a count of each value leaves
 * little more than k to sort.
 */
function lowestCandidate(scores: ArrayLike<number>, k: number): number {
  const counts = new Uint32Array(2 ** 15);
  for (let node = 0; node < scores.length; node++) if (scores[node] > 0) counts[upperBits(scores[node])]++;
  let value = counts.length - 1;
  for (let reached = counts[value]; reached < k && value > 0;) reached += counts[--value];
  return value;
}
