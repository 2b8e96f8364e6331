import { imageMetricNames } from './image-metrics.js';
import { imageMethodNames, ratedMethodNames } from './methods.js';
import { Type, type Static } from './schema.js';
import { count, error, orNull, perName } from './shared.js';

const failed = Type.Array(Type.Object({ file: Type.String(), ...error.properties }), {
  description: 'What could not be evaluated, and why.',
});

const number = (description?: string) => orNull(Type.Number(), description ?? 'Null where nothing counts.');

const tableRow = Type.Object({
  method: Type.Enum(imageMethodNames),
  lsc: Type.Object(
    {
      mean: number(),
      deviation: number(),
      least: number(),
      lower: number(),
      median: number(),
      upper: number(),
      most: number(),
    },
    { description: 'The saliency metric over the images: lower is better.' },
  ),
  win: orNull(
    Type.Object({ rate: Type.Number(), error: Type.Number() }),
    'Share of images on which it is the best, and the standard error; null for what does not compete.',
  ),
  sparsity: orNull(Type.Number(), 'Mean share of the pixels chosen; null for methods that only score.'),
  proven: orNull(
    Type.Number(),
    'Share of the images whose mask is proven smallest; null for methods that prove nothing.',
  ),
  shares: Type.Array(Type.Number(), {
    description: 'The shares themselves, from the smallest on; empty for methods that only score.',
  }),
  seconds: number('Mean per image.'),
  metrics: perName(imageMetricNames, number(), {
    description: 'Means over the images, of the metrics that were asked for.',
  }),
});

/** What `smug evaluate` writes of images, as table.json. */
export const evaluationTable = Type.Object(
  {
    images: count(),
    correct: count('Of them, those that the network reads as their label: what the rows are over.'),
    failed,
    rows: Type.Array(tableRow),
  },
  { title: "The paper's table of an evaluation" },
);

export type EvaluationTable = Static<typeof evaluationTable>;
export type TableRow = Static<typeof tableRow>;

const textTableRow = Type.Object({
  method: Type.Enum(ratedMethodNames),
  sparsity: orNull(Type.Number(), 'Share of the words chosen; null for methods that only score.'),
  sufficiency: number('F(text) - F(rationale alone).'),
  comprehensiveness: number('F(text) - F(text without the rationale).'),
  auc: orNull(Type.Number(), 'Over the texts that people marked; null where there are none.'),
  f1: orNull(Type.Number(), 'The same.'),
  mae: orNull(Type.Number(), 'The same.'),
  seconds: number('Mean per text.'),
});

/** What `smug evaluate` writes of texts, as table.json. */
export const textTable = Type.Object(
  {
    texts: count(),
    correct: count(
      'Of them, those that the network reads as their label, or that have none: what the rows are over.',
    ),
    marked: count('Of these, those that people marked.'),
    failed,
    rows: Type.Array(textTableRow),
  },
  { title: 'Table of an evaluation of texts' },
);

export type TextTable = Static<typeof textTable>;
export type TextTableRow = Static<typeof textTableRow>;

/** What a journal says of any file: how it was read, or why it failed. */
export const journalEntry = {
  file: Type.String(),
  correct: Type.Boolean({
    description: 'The network reads it as its label, or it has none: only these count, as in the paper.',
  }),
  error: Type.Optional(error),
};

/** What an evaluation's journal keeps of every input, whatever was measured. */
const evaluated = Type.Object(journalEntry);

export type Evaluated = Static<typeof evaluated>;

/** What one method is worth on one image. */
const measured = Type.Object({
  lsc: Type.Number({ description: 'The saliency metric: lower is better.' }),
  sparsity: orNull(Type.Number(), 'Share of the pixels that is chosen; null where the method only scores.'),
  proven: Type.Optional(
    orNull(
      Type.Boolean(),
      'Whether the choice is proven smallest; null where the method proves nothing. Absent: measured before this was noted.',
    ),
  ),
  seconds: Type.Number(),
  metrics: Type.Optional(
    perName(imageMetricNames, orNull(Type.Number(), 'Null where it says nothing of the scores.'), {
      description: 'Those asked for.',
    }),
  ),
});

/** One image of an evaluation, as a line of its journal. */
export const evaluatedImage = Type.Object(
  { ...journalEntry, methods: Type.Optional(perName(imageMethodNames, measured)) },
  { title: 'One image of an evaluation: a line of its journal' },
);

export type EvaluatedImage = Static<typeof evaluatedImage>;

/** What one method is worth on one text. A method that only scores has ERASER's means over shares, and its best threshold. */
const measuredText = Type.Object({
  sparsity: orNull(Type.Number(), 'Share of the words that is chosen; null where the method only scores.'),
  sufficiency: Type.Number({
    description: 'F(text) - F(rationale alone): near 0 or below, it suffices.',
  }),
  comprehensiveness: Type.Number({
    description: 'F(text) - F(text without the rationale): large, nothing was left out.',
  }),
  agreement: Type.Optional(
    Type.Object(
      {
        auc: orNull(Type.Number(), 'Null where every word is marked, or none is.'),
        f1: Type.Number(),
        mae: Type.Number(),
      },
      { description: 'How it agrees with what people marked; absent where nobody did.' },
    ),
  ),
  seconds: Type.Number(),
});

export type MeasuredText = Static<typeof measuredText>;

/** One text of an evaluation, as a line of its journal. */
export const evaluatedText = Type.Object(
  { ...journalEntry, methods: Type.Optional(perName(ratedMethodNames, measuredText)) },
  { title: 'One text of an evaluation: a line of its journal' },
);

export type EvaluatedText = Static<typeof evaluatedText>;
