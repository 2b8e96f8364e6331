import type { ImageMetricName } from '../api/image-metrics.js';
import type { ImageMethodName } from '../api/methods.js';
import { normalSource } from '../explainers/image/normal-numbers.js';
import type { Rated } from '../explainers/image/rate-image.js';
import type { MeasuredImage } from './measured-image.js';
import { auc } from './metrics/auc.js';
import { averageDrop, type ConfidenceDrop } from './metrics/average-drop.js';
import { comprehensiveness, comprehensivenessOfScores } from './metrics/comprehensiveness.js';
import { deletion } from './metrics/deletion.js';
import { entropy } from './metrics/entropy.js';
import { maxF1 } from './metrics/f1.js';
import { firstLayerRetention, firstLayerRetentionOfScores } from './metrics/first-layer-retention.js';
import { gini } from './metrics/gini.js';
import { infidelity } from './metrics/infidelity.js';
import { insertion } from './metrics/insertion.js';
import { minMae, normalised } from './metrics/mae.js';
import { maxSensitivity } from './metrics/max-sensitivity.js';
import { mprt } from './metrics/mprt.js';
import { overlap } from './metrics/overlap.js';
import { pointingGame } from './metrics/pointing-game.js';
import { randomLogit } from './metrics/random-logit.js';
import { relevanceMass } from './metrics/relevance-mass.js';
import { road } from './metrics/road.js';
import { sufficiency, sufficiencyOfScores } from './metrics/sufficiency.js';

/**
 * Boxes ask the network nothing: another network, class or picture of the same size changes nothing. The full encoding explains the class
 * that the network reads and no other, which noise, another class or random weights take from it.
 */
const notRunAgain: readonly ImageMethodName[] = ['center-box', 'max-box', 'ground-truth', 'full-encoding'];

/** A method's rating of one image. */
class Measured {
  #drop: Promise<ConfidenceDrop> | undefined;

  constructor(
    readonly rating: Rated,
    readonly image: MeasuredImage,
  ) {}

  /** Null where nobody says what is true. */
  against<Value>(metric: (scores: ArrayLike<number>, truth: Uint8Array) => Value): Value | null {
    const { truth } = this.image;
    return truth === null ? null : metric(this.rating.scores, truth);
  }

  /** Null of methods that are not run again. */
  async again<Scores>(
    scores: (method: ImageMethodName) => Promise<Scores>,
    metric: (scores: Scores) => number | null,
  ): Promise<number | null> {
    const { method } = this.rating;
    return notRunAgain.includes(method) ? null : metric(await scores(method));
  }

  /** Two metrics, one run: what is kept in place of the scores, where a method chooses. */
  get drop(): Promise<ConfidenceDrop> {
    const { scores, kept } = this.rating;
    return (this.#drop ??= averageDrop(this.image.values, kept ?? normalised(scores)));
  }
}

const metrics: Record<ImageMetricName, (measured: Measured) => number | null | Promise<number | null>> = {
  insertion: async ({ rating, image }) => (await insertion(image.values, rating.scores)).area,
  deletion: async ({ rating, image }) => (await deletion(image.values, rating.scores)).area,
  'average-drop': async ({ drop }) => (await drop).drop,
  increase: async ({ drop }) => (await drop).increase,
  sufficiency: ({ rating: { scores, kept }, image: { values } }) =>
    kept ? sufficiency(values, kept) : sufficiencyOfScores(values, scores),
  comprehensiveness: ({ rating: { scores, kept }, image: { values } }) =>
    kept ? comprehensiveness(values, kept) : comprehensivenessOfScores(values, scores),
  'first-layer-retention': async ({ rating: { scores, kept }, image }) =>
    kept
      ? firstLayerRetention(await image.rows, kept)
      : firstLayerRetentionOfScores(await image.rows, scores),
  infidelity: async ({ rating, image }) => infidelity(rating.scores, await image.trials),
  road: ({ rating, image }) => {
    const { prepared, baselines } = image.task.image;
    const picture = { tensor: prepared.tensor, ...baselines };
    return road(picture, rating.scores, normalSource(image.seed), (inputs) => image.reads(inputs));
  },
  'max-sensitivity': (measured) =>
    measured.again(
      (method) => measured.image.noisyScores(method),
      (noisy) => maxSensitivity(measured.rating.scores, noisy),
    ),
  'random-logit': (measured) =>
    measured.again(
      (method) => measured.image.otherScores(method),
      (others) => randomLogit(measured.rating.scores, others),
    ),
  mprt: (measured) =>
    measured.again(
      (method) => measured.image.randomisedScores(method),
      (randomised) => mprt(measured.rating.scores, randomised),
    ),
  gini: ({ rating }) => gini(rating.scores),
  entropy: ({ rating }) => entropy(rating.scores),
  overlap: ({ rating }) => overlap(rating.masks ?? []),
  auc: (measured) => measured.against(auc),
  'max-f1': (measured) => measured.against(maxF1),
  'min-mae': (measured) => measured.against(minMae),
  'pointing-game': (measured) => measured.against(pointingGame),
  'relevance-mass': (measured) => measured.against(relevanceMass),
};

/** The metrics that are asked for, of one method on one image. */
export async function measureRating(
  rating: Rated,
  image: MeasuredImage,
  names: readonly ImageMetricName[],
): Promise<Partial<Record<ImageMetricName, number | null>>> {
  const measured = new Measured(rating, image);
  const results: Partial<Record<ImageMetricName, number | null>> = {};
  for (const name of names) results[name] = await metrics[name](measured);
  return results;
}
