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
