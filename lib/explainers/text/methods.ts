import { wordGradients } from './gradients.js';
import { wordIntegratedGradients } from './integrated-gradients.js';
import { sis } from './sis.js';
import { smugBase } from './smug-base.js';
import type { TextMethodName } from '../../api/methods.js';
import type { TextMethod } from './text-task.js';

/** What SMUG is compared with on texts. */
export const textMethods = {
  'smug-base': smugBase,
  sis,
  'integrated-gradients': wordIntegratedGradients,
  gradients: wordGradients,
} as const satisfies Record<TextMethodName, TextMethod>;
