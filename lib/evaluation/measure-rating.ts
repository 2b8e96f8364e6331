import type { ImageMetricName } from '../api/image-metrics.js';
import type { Rating } from '../explainers/explainer.js';
import type { MaskedValues } from '../explainers/masked-values.js';
import { averageDrop } from './metrics/average-drop.js';
import { comprehensiveness, comprehensivenessOfScores } from './metrics/comprehensiveness.js';
import { deletion } from './metrics/deletion.js';
import { entropy } from './metrics/entropy.js';
import { gini } from './metrics/gini.js';
import { insertion } from './metrics/insertion.js';
import { normalised } from './metrics/mae.js';
import { sufficiency, sufficiencyOfScores } from './metrics/sufficiency.js';

type Metric = (
  rating: Rating,
  values: MaskedValues<ArrayLike<number>>,
) => number | null | Promise<number | null>;

/** What is kept in place of the scores, where a method chooses. */
const maskOf = ({ scores, kept }: Rating) => kept ?? normalised(scores);

const metrics: Record<ImageMetricName, Metric> = {
  insertion: async ({ scores }, values) => (await insertion(values, scores)).area,
  deletion: async ({ scores }, values) => (await deletion(values, scores)).area,
  'average-drop': async (rating, values) => (await averageDrop(values, maskOf(rating))).drop,
  increase: async (rating, values) => (await averageDrop(values, maskOf(rating))).increase,
  sufficiency: ({ scores, kept }, values) =>
    kept ? sufficiency(values, kept) : sufficiencyOfScores(values, scores),
  comprehensiveness: ({ scores, kept }, values) =>
    kept ? comprehensiveness(values, kept) : comprehensivenessOfScores(values, scores),
  gini: ({ scores }) => gini(scores),
  entropy: ({ scores }) => entropy(scores),
};

/** The metrics that are asked for, of one method on one image. */
export async function measureRating(
  rating: Rating,
  names: readonly ImageMetricName[],
  values: MaskedValues<ArrayLike<number>>,
): Promise<Partial<Record<ImageMetricName, number | null>>> {
  const measured: Partial<Record<ImageMetricName, number | null>> = {};
  for (const name of names) measured[name] = await metrics[name](rating, values);
  return measured;
}
