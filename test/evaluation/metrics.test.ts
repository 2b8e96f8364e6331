import test from 'ava';
import { auc } from '../../dist/evaluation/metrics/auc.js';
import {
  comprehensiveness,
  comprehensivenessOfScores,
} from '../../dist/evaluation/metrics/comprehensiveness.js';
import { f1, maxF1 } from '../../dist/evaluation/metrics/f1.js';
import { mae, minMae, normalised } from '../../dist/evaluation/metrics/mae.js';
import { topShare } from '../../dist/evaluation/metrics/top-share.js';
import { sparsity } from '../../dist/evaluation/metrics/sparsity.js';
import { sufficiency, sufficiencyOfScores } from '../../dist/evaluation/metrics/sufficiency.js';
import { randomNumbers } from '../support/random-numbers.js';

test('AUC: published examples, and the share of rightly ordered pairs', (t) => {
  // The example in scikit-learn's documentation of roc_auc_score.
  t.is(auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75);
  t.is(auc([1, 2, 3], [0, 0, 1]), 1);
  t.is(auc([3, 2, 1], [0, 0, 1]), 0);
  t.is(auc([5, 5, 5, 5], [0, 1, 0, 1]), 0.5);
  t.is(auc([1, 2], [1, 1]), null);
  t.is(auc([], []), null);
  const next = randomNumbers(4);
  for (let round = 0; round < 200; round++) {
    const n = 2 + Math.floor(next() * 12);
    const scores = Array.from({ length: n }, () => Math.round(next() * 6));
    const truth = Array.from({ length: n }, () => (next() < 0.4 ? 1 : 0));
    let pairs = 0;
    let right = 0;
    for (let a = 0; a < n; a++)
      for (let b = 0; b < n; b++)
        if (truth[a] && !truth[b]) {
          pairs++;
          right += scores[a] > scores[b] ? 1 : scores[a] === scores[b] ? 0.5 : 0;
        }
    const found = auc(scores, truth);
    if (pairs === 0) t.is(found, null);
    else t.true(Math.abs(found! - right / pairs) < 1e-12);
  }
});

test('F1 and MAE: by hand, and their best thresholds by trying all', (t) => {
  t.deepEqual(f1([1, 1, 0, 0], [1, 0, 1, 0]), { precision: 0.5, recall: 0.5, f1: 0.5 });
  t.deepEqual(f1([1, 1, 1, 0], [1, 0, 0, 0]), { precision: 1 / 3, recall: 1, f1: 0.5 });
  t.deepEqual(f1([0, 0], [1, 0]), { precision: 0, recall: 0, f1: 0 });
  t.deepEqual(f1([0, 0], [0, 0]), { precision: 0, recall: 0, f1: 0 });
  t.is(mae([1, 0.5, 0], [1, 0, 0]), 0.5 / 3);
  t.deepEqual([...normalised([2, 4, 3])], [0, 1, 0.5]);
  t.deepEqual([...normalised([7, 7])], [0, 0]);
  const next = randomNumbers(5);
  for (let round = 0; round < 200; round++) {
    const n = 1 + Math.floor(next() * 10);
    const scores = Array.from({ length: n }, () => Math.round(next() * 5));
    const truth = Array.from({ length: n }, () => (next() < 0.4 ? 1 : 0));
    let bestF1 = 0;
    let bestMae = 1;
    for (const threshold of [...scores, Infinity]) {
      const mask = scores.map((score) => (score >= threshold ? 1 : 0));
      bestF1 = Math.max(bestF1, f1(mask, truth).f1);
      bestMae = Math.min(bestMae, mae(mask, truth));
    }
    t.true(Math.abs(maxF1(scores, truth) - bestF1) < 1e-12);
    t.true(Math.abs(minMae(scores, truth) - bestMae) < 1e-12);
  }
});

test('sparsity, sufficiency and comprehensiveness: closed forms on a linear f', async (t) => {
  t.is(sparsity([1, 0, 0, 1]), 0.5);
  t.is(sparsity([]), 0);
  const weights = [0.4, -0.1, 0.2, 0.05];
  const f = async (masks: readonly Uint8Array[]) =>
    masks.map((mask) => 0.1 + weights.reduce((sum, weight, at) => sum + weight * mask[at], 0));
  const near = (value: number, expected: number) => t.true(Math.abs(value - expected) < 1e-12, `${value}`);
  near(await sufficiency(f, [1, 0, 1, 0]), -0.1 + 0.05);
  near(await comprehensiveness(f, [1, 0, 1, 0]), 0.4 + 0.2);
  t.deepEqual([...topShare(weights, 0.5)], [1, 0, 1, 0]);
  t.deepEqual([...topShare([1, 1, 1], 0.01)], [1, 0, 0]);
  // Of four words 1, 5, 10 and 20 % are one word, 50 % are two.
  near(await comprehensivenessOfScores(f, weights), (4 * 0.4 + 0.6) / 5);
  near(await sufficiencyOfScores(f, weights), (4 * (-0.1 + 0.2 + 0.05) + (-0.1 + 0.05)) / 5);
});
