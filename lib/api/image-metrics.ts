import { optionsOfImageMethods } from './methods.js';

/** Of them, those that hold scores or choice against boxes that people drew. */
export const truthMetricNames = ['auc', 'max-f1', 'min-mae', 'pointing-game', 'relevance-mass'] as const;

/** What `smug evaluate --metrics` measures of images beside the paper's table. */
export const imageMetricNames = [
  'insertion',
  'deletion',
  'average-drop',
  'increase',
  'sufficiency',
  'comprehensiveness',
  'first-layer-retention',
  'infidelity',
  'road',
  'max-sensitivity',
  'random-logit',
  'mprt',
  'gini',
  'entropy',
  'overlap',
  ...truthMetricNames,
] as const;

export type ImageMetricName = (typeof imageMetricNames)[number];

/** Options that a metric uses beside those of the methods: what hides pixels, what makes SMUG's rows, where chance decides. */
export const optionsOfImageMetrics: Readonly<Partial<Record<ImageMetricName, readonly string[]>>> = {
  insertion: ['blank'],
  deletion: ['blank'],
  'average-drop': ['blank'],
  increase: ['blank'],
  sufficiency: ['blank'],
  comprehensiveness: ['blank'],
  'first-layer-retention': optionsOfImageMethods['smug-base'],
  infidelity: ['blank'],
  road: ['seed'],
  'max-sensitivity': ['seed'],
  'random-logit': ['seed'],
  mprt: ['seed'],
};
