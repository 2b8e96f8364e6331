import { fullEncoding } from './full-encoding.js';
import { imageMethodNames } from './methods.js';
import { options } from './options.js';
import { Type, type Static } from './schema.js';
import { count, engineName, error, files, milliseconds, orNull, target } from './shared.js';

/** What a method chooses of a picture. */
export const chosenPixels = orNull(
  Type.Object({
    pixels: count("Of the model's input."),
    share: Type.Number({ minimum: 0, maximum: 1, description: 'Of its area.' }),
  }),
  'What the method chooses; null for methods that only score.',
);

/** How an integral along a path came out. */
export const pathIntegral = Type.Object({
  steps: count('Gradient points evaluated.'),
  completenessError: orNull(Type.Number({ minimum: 0 }), 'Null for methods that promise no completeness.'),
});

/** What another method than SMUG says of an image: one result of `smug explain --method NAME --json`. */
export const imageRating = Type.Object(
  {
    input: Type.String({ description: 'Path of the input, or what kind of image it was.' }),
    model: Type.String({ description: 'Source of the model.' }),
    method: Type.Enum(imageMethodNames),
    target,
    height: count("Pixels of the model's input: scores and choice are row-major over it."),
    width: count("Pixels of the model's input."),
    kept: chosenPixels,
    parameters: Type.Object({
      seed: options.seed.schema,
      tolerance: Type.Optional(options.tolerance.schema),
    }),
    attribution: Type.Optional(pathIntegral),
    certificate: Type.Optional(fullEncoding.properties.certificate),
    margin: Type.Optional(fullEncoding.properties.margin),
    engine: engineName,
    timing: Type.Object({
      loadMs: milliseconds('Reading and preparing the image.'),
      methodMs: milliseconds('The method alone.'),
      totalMs: milliseconds(),
    }),
    files,
    error: Type.Optional(error),
  },
  { title: 'Pixels rated by another method than SMUG; error only where its files could not be written' },
);

export type ImageRatingDocument = Static<typeof imageRating>;
