import type { ImageMetricName } from '../api/image-metrics.js';
import type { Rating } from '../explainers/explainer.js';
import type { MaskedValues } from '../explainers/masked-values.js';
import { auc } from './metrics/auc.js';
import { averageDrop, type ConfidenceDrop } from './metrics/average-drop.js';
import { comprehensiveness, comprehensivenessOfScores } from './metrics/comprehensiveness.js';
import { deletion } from './metrics/deletion.js';
import { entropy } from './metrics/entropy.js';
import { maxF1 } from './metrics/f1.js';
import { gini } from './metrics/gini.js';
import { insertion } from './metrics/insertion.js';
import { minMae, normalised } from './metrics/mae.js';
import { pointingGame } from './metrics/pointing-game.js';
import { relevanceMass } from './metrics/relevance-mass.js';
import { sufficiency, sufficiencyOfScores } from './metrics/sufficiency.js';

/** A method's rating of one image, the network on parts of that image, and where its object is, if anybody says. */
class Measured {
  #drop: Promise<ConfidenceDrop> | undefined;

  constructor(
    readonly rating: Rating,
    readonly values: MaskedValues<ArrayLike<number>>,
    readonly truth: Uint8Array | null,
  ) {}

  /** Null where nobody says what is true. */
  against<Value>(metric: (scores: ArrayLike<number>, truth: Uint8Array) => Value): Value | null {
    return this.truth === null ? null : metric(this.rating.scores, this.truth);
  }

  /** Two metrics, one run: what is kept in place of the scores, where a method chooses. */
  get drop(): Promise<ConfidenceDrop> {
    const { scores, kept } = this.rating;
    return (this.#drop ??= averageDrop(this.values, kept ?? normalised(scores)));
  }
}

const metrics: Record<ImageMetricName, (measured: Measured) => number | null | Promise<number | null>> = {
  insertion: async ({ rating, values }) => (await insertion(values, rating.scores)).area,
  deletion: async ({ rating, values }) => (await deletion(values, rating.scores)).area,
  'average-drop': async ({ drop }) => (await drop).drop,
  increase: async ({ drop }) => (await drop).increase,
  sufficiency: ({ rating: { scores, kept }, values }) =>
    kept ? sufficiency(values, kept) : sufficiencyOfScores(values, scores),
  comprehensiveness: ({ rating: { scores, kept }, values }) =>
    kept ? comprehensiveness(values, kept) : comprehensivenessOfScores(values, scores),
  gini: ({ rating }) => gini(rating.scores),
  entropy: ({ rating }) => entropy(rating.scores),
  auc: (measured) => measured.against(auc),
  'max-f1': (measured) => measured.against(maxF1),
  'min-mae': (measured) => measured.against(minMae),
  'pointing-game': (measured) => measured.against(pointingGame),
  'relevance-mass': (measured) => measured.against(relevanceMass),
};

/**
 * The metrics that are asked for, of one method on one image.
 * @param truth one byte per pixel, 1 where the object is; null where nobody says: metrics that need it are null then
 */
export async function measureRating(
  rating: Rating,
  names: readonly ImageMetricName[],
  values: MaskedValues<ArrayLike<number>>,
  truth: Uint8Array | null = null,
): Promise<Partial<Record<ImageMetricName, number | null>>> {
  const measured = new Measured(rating, values, truth);
  const results: Partial<Record<ImageMetricName, number | null>> = {};
  for (const name of names) results[name] = await metrics[name](measured);
  return results;
}
