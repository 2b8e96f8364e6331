import type { AttributionMethodName } from '../api/methods.js';
import { activations } from './activations.js';
import type { AttributionOptions, AttributionScores, AttributionTask } from './attribution.js';
import { blackWhite } from './black-white.js';
import { blurredGradients } from './blurred-gradients.js';
import { gradients } from './gradients.js';
import { integratedGradients } from './integrated-gradients.js';

export type AttributionMethod = (
  task: AttributionTask,
  options?: AttributionOptions,
) => Promise<AttributionScores>;

/** The methods that may score first-layer nodes, by the names of the SMUG reference implementation. */
export const attributionMethods = {
  'integrated-gradients': integratedGradients,
  gradients,
  activations,
  'blurred-gradients': blurredGradients,
  'integrated-gradients-black-white': blackWhite,
} as const satisfies Record<AttributionMethodName, AttributionMethod>;
