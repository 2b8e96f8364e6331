import { chosenPixels, pathIntegral } from './image-rating.js';
import { imageMethodNames } from './methods.js';
import { Type, type Static } from './schema.js';
import { count, engineName, error, files, target } from './shared.js';

const method = Type.Enum(imageMethodNames);

const measured = Type.Object({
  method,
  lsc: Type.Number({ description: 'The saliency metric: lower is better.' }),
  box: Type.Object(
    { left: count(), top: count(), right: count(), bottom: count() },
    { description: "Where the metric is lowest: pixels of the model's input, the ends exclusive." },
  ),
  kept: chosenPixels,
  attribution: Type.Optional(pathIntegral),
  seconds: Type.Number({ minimum: 0, description: 'Of the method alone.' }),
});

/** Every method on one image: one result of `smug compare`. */
export const comparison = Type.Object(
  {
    input: Type.String(),
    model: Type.String({ description: 'Source of the model.' }),
    target,
    height: count("Pixels of the model's input."),
    width: count("Pixels of the model's input."),
    methods: Type.Array(Type.Union([measured, Type.Object({ method, error })]), {
      description: 'In the order asked for; one that cannot run here says why.',
    }),
    engine: engineName,
    files,
    error: Type.Optional(error),
  },
  { title: 'Methods side by side on one image' },
);

export type ComparisonDocument = Static<typeof comparison>;

/** What `smug compare --json` prints. */
export const comparisons = Type.Object(
  {
    results: Type.Array(Type.Union([comparison, Type.Object({ input: Type.String(), error })]), {
      description: 'One per image, in order; a failed one has input and error.',
    }),
  },
  { title: 'Comparisons' },
);
