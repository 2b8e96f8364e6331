import type { ImageMethodName, TextMethodName } from '../api/methods.js';

/** What a reader calls each method. */
export const methodHeadings: Readonly<Record<ImageMethodName | TextMethodName, string>> = {
  smug: 'SMUG',
  'smug-base': 'SMUG without a mask (union of the receptive fields)',
  sis: 'Sufficient input subsets',
  'integrated-gradients': 'Integrated gradients',
  'integrated-gradients-black-white': 'Integrated gradients, from black and white',
  gradients: 'Gradients',
  'smooth-grad': 'SmoothGrad',
  'grad-cam': 'Grad-CAM',
  xrai: 'XRAI',
  'opt-box': 'OptBox',
  'center-box': 'Box around the middle',
  'max-box': 'Whole picture',
  'ground-truth': 'Boxes that people drew',
  'full-encoding': 'Full encoding (smallest mask that keeps the class)',
};

/** The same without what stands in brackets. */
export const shortHeading = (method: keyof typeof methodHeadings): string =>
  methodHeadings[method].replace(/ \(.*\)$/, '');
