import { options } from './options.js';
import { Type, type Static } from './schema.js';
import { count } from './shared.js';

export const explainedWord = Type.Object({
  word: Type.String({
    description: 'As the model looks it up: lower-cased or normalised where its declaration says so.',
  }),
  start: count('Where it stands in the text, in UTF-16 code units.'),
  end: count('Exclusive.'),
  kept: Type.Boolean(),
  score: Type.Number({
    description:
      'Sum (or largest) of the attributions of the chosen nodes that see it; 0 where it is not kept.',
  }),
  baseScore: Type.Number({ description: 'The same whether it is kept or not (SMUG_base).' }),
  unknown: Type.Boolean({ description: 'The model knows the word only as "unknown".' }),
  pieces: count("Positions of the model's input that it takes: pieces of one word share one cell."),
});

export type ExplainedWord = Static<typeof explainedWord>;

export const textCounts = Type.Object(
  {
    words: count('Words of the text that the vocabulary could take: seen + cut.'),
    seen: count(),
    cut: count("Words beyond the model's length."),
    cutFrom: Type.Enum(['start', 'end'], { description: 'The side of the text they were cut from.' }),
    unknown: count('Seen words that the model knows only as "unknown".'),
    dropped: count('Words left out: the vocabulary has neither them nor an index for unknown words.'),
    positions: count("Positions of the model's input."),
    padding: count(),
    special: count(),
  },
  { description: 'What became of a text on its way into the model.' },
);

export type TextCounts = Static<typeof textCounts>;

export const blankWord = options.blankWord.schema;
