import type { FirstLayer } from '../graph/split.js';
import type { CsrMaskProblem } from './problem.js';
import { seesOnePosition } from './receptive-field.js';

/** Which word each position of a text model's input belongs to: pieces of one word share one mask variable. */
export interface WordCells {
  /** Number of words. */
  words: number;
  /** Per position its word; −1 where none stands: padding and special tokens have no variable and stay as they are. */
  wordAt: Int32Array;
}

/**
 * A mask problem with one variable per word, from one with one variable per position. Coefficients of a word's positions
 * are added up, in order; those of positions without a word move to the bound, since nothing hides them.
 *
 * The whole mask still satisfies every row: where moving numbers to the bound would lose that to rounding, the bound is
 * put just below what the whole mask gives.
 */
export function groupByWord(problem: CsrMaskProblem, { words, wordAt }: WordCells): CsrMaskProblem {
  const rows = problem.lower.length;
  const offsets = new Uint32Array(rows + 1);
  const columns: number[] = [];
  const coefficients: number[] = [];
  const lower = new Float64Array(rows);
  const sums = new Float64Array(words);
  const seen = new Uint8Array(words);
  for (let row = 0; row < rows; row++) {
    const touched: number[] = [];
    seen.fill(0);
    let fixed = 0;
    let magnitude = Math.abs(problem.lower[row]);
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
      const word = wordAt[problem.columns[at]];
      const coefficient = problem.coefficients[at];
      magnitude += Math.abs(coefficient);
      if (word < 0) fixed += coefficient;
      else {
        if (!seen[word]) touched.push(word);
        seen[word] = 1;
        sums[word] += coefficient;
      }
    }
    let total = 0;
    for (const word of touched) {
      total += sums[word];
      if (sums[word] !== 0) {
        columns.push(word);
        coefficients.push(sums[word]);
      }
      sums[word] = 0;
    }
    offsets[row + 1] = columns.length;
    // Twice the bound on what any order of summation can lose.
    const rounding = 2 * (problem.offsets[row + 1] - problem.offsets[row] + 2) * Number.EPSILON * magnitude;
    lower[row] = fixed === 0 ? problem.lower[row] : Math.min(problem.lower[row] - fixed, total - rounding);
  }
  return {
    variables: words,
    offsets,
    columns: Uint32Array.from(columns),
    coefficients: Float64Array.from(coefficients),
    lower,
  };
}

/**
 * The scores of nodes that can be chosen: of a layer whose nodes see one position each, those of words alone. What a special token's
 * vector says is there whatever is hidden; a row on it would ask for nothing, in the place of one that does.
 */
export function scoresOfWords(layer: FirstLayer, scores: Float32Array, { wordAt }: WordCells): Float32Array {
  const [, ...positions] = layer.outputShape;
  if (!seesOnePosition(layer) || positions.join() !== String(wordAt.length)) return scores;
  return scores.map((score, node) => (wordAt[node % wordAt.length] < 0 ? 0 : score));
}

/** One score per word, from one per position: their sum, or the largest. */
export function scoreWords(
  positions: ArrayLike<number>,
  { words, wordAt }: WordCells,
  rule: 'sum' | 'max' = 'sum',
): Float32Array {
  const scores = new Float64Array(words);
  wordAt.forEach((word, position) => {
    if (word < 0) return;
    const score = positions[position];
    scores[word] = rule === 'sum' ? scores[word] + score : Math.max(scores[word], score);
  });
  return Float32Array.from(scores);
}
