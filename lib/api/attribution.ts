import { attributionResult } from './explanation.js';
import { Type, type Static } from './schema.js';
import { attributedOutput, count, engineName, files, milliseconds, target } from './shared.js';

/** What `smug attribute --json` prints. */
export const attribution = Type.Object(
  {
    input: Type.String(),
    model: Type.String(),
    target,
    attribution: Type.Object({
      ...attributionResult,
      output: attributedOutput,
      shape: Type.Array(count(), { description: "Of the scores, batch 1, in the model file's own layout." }),
    }),
    notes: Type.Array(Type.String()),
    engine: engineName,
    timing: Type.Object({
      loadMs: milliseconds('Reading and preparing the input.'),
      attributionMs: milliseconds(),
      totalMs: milliseconds(),
    }),
    files,
  },
  { title: "Attribution of a model's first layer on one input" },
);

export type AttributionDocument = Static<typeof attribution>;
