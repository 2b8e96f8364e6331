/** What `smug evaluate --metrics` measures of images beside the paper's table. */
export const imageMetricNames = [
  'insertion',
  'deletion',
  'average-drop',
  'increase',
  'sufficiency',
  'comprehensiveness',
  'gini',
  'entropy',
] as const;

export type ImageMetricName = (typeof imageMetricNames)[number];
