import type { OperatorDefinition } from '../conversion.js';
import { activations } from './activations.js';
import { arithmetic } from './arithmetic.js';
import { choices } from './choices.js';
import { layers } from './layers.js';
import { layout } from './layout.js';
import { normalisations } from './normalisation.js';
import { picks } from './picks.js';
import { pooling } from './pooling.js';
import { resizing } from './resize.js';
import { shapes } from './shapes.js';

/** Every ONNX operator that can be converted, by its name in the file. */
export const operators: ReadonlyMap<string, OperatorDefinition> = new Map(
  Object.entries({
    ...layers,
    ...normalisations,
    ...pooling,
    ...activations,
    ...arithmetic,
    ...choices,
    ...layout,
    ...picks,
    ...resizing,
    ...shapes,
  }),
);
