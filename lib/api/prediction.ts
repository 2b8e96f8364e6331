import { Type, type Static } from './schema.js';
import { count, engineName, milliseconds, orNull } from './shared.js';

/** What `smug predict --json` prints. */
export const prediction = Type.Object(
  {
    input: Type.String(),
    model: Type.String(),
    predictions: Type.Array(
      Type.Object({
        index: count(),
        label: orNull(Type.String(), 'Null where the model declares no names.'),
        confidence: Type.Number({
          description:
            "The model's output for this class, as it stands; of one sigmoid p the classes have 1 − p and p.",
        }),
      }),
      { description: 'Best first.' },
    ),
    engine: engineName,
    timing: Type.Object({
      loadMs: milliseconds('Reading and preparing the input.'),
      predictMs: milliseconds(),
      totalMs: milliseconds(),
    }),
  },
  { title: "A model's prediction for one input" },
);

export type PredictionDocument = Static<typeof prediction>;
