import { textMethodNames } from './methods.js';
import { options } from './options.js';
import { Type, type Static } from './schema.js';
import { count, engineName, error, files, milliseconds, orNull, target } from './shared.js';
import { blankWord, explainedWord, textCounts } from './text.js';

const { word, start, end, unknown, pieces } = explainedWord.properties;

/** What another method than SMUG says of a text's words: one result of `smug explain --method NAME --json`. */
export const wordRating = Type.Object(
  {
    input: Type.String({ description: 'Path of the input, or the text itself.' }),
    model: Type.String({ description: 'Source of the model.' }),
    method: Type.Enum(textMethodNames),
    target,
    words: Type.Array(
      Type.Object({
        word,
        start,
        end,
        kept: orNull(Type.Boolean(), 'Null for methods that only score.'),
        score: Type.Number({ description: 'Higher is more important; each method has its own scale.' }),
        unknown,
        pieces,
      }),
      { description: 'The words that the model sees, in order.' },
    ),
    text: textCounts,
    parameters: Type.Object({
      topK: Type.Optional(count('smug-base: first-layer nodes chosen.')),
      threshold: Type.Optional(
        Type.Number({ description: 'sis: what the words of a subset must reach alone.' }),
      ),
      blankWord: Type.Optional(blankWord),
      tolerance: Type.Optional(options.tolerance.schema),
    }),
    subsets: Type.Optional(
      Type.Array(
        Type.Object({
          words: Type.Array(count(), { description: 'Numbers of words, the most important first.' }),
          value: Type.Number({ description: "The class's probability with these words alone." }),
        }),
        { description: 'sis: every sufficient input subset, in the order found; no two share a word.' },
      ),
    ),
    attribution: Type.Optional(
      Type.Object({
        steps: count('Gradient points evaluated.'),
        completenessError: orNull(
          Type.Number({ minimum: 0 }),
          'Null for methods that promise no completeness.',
        ),
      }),
    ),
    engine: engineName,
    timing: Type.Object({ loadMs: milliseconds('Reading the text.'), totalMs: milliseconds() }),
    files,
    error: Type.Optional(error),
  },
  { title: 'Words rated by another method than SMUG; error only where its files could not be written' },
);

export type WordRatingDocument = Static<typeof wordRating>;
