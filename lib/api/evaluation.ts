import { imageMetricNames } from './image-metrics.js';
import { imageMethodNames, textMethodNames } from './methods.js';
import { Type } from './schema.js';
import { count, error, orNull } from './shared.js';

const failed = Type.Array(Type.Object({ file: Type.String(), ...error.properties }), {
  description: 'What could not be evaluated, and why.',
});

/** NaN, which JSON writes as null, where nothing was evaluated. */
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
  shares: Type.Array(Type.Number(), {
    description: 'The shares themselves, from the smallest on; empty for methods that only score.',
  }),
  seconds: number('Mean per image.'),
  metrics: Type.Object(Object.fromEntries(imageMetricNames.map((name) => [name, Type.Optional(number())])), {
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

const textTableRow = Type.Object({
  method: Type.Enum(['smug', ...textMethodNames]),
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

/** What a journal says of any file: how it was read, or why it failed. */
export const journalEntry = {
  file: Type.String(),
  correct: Type.Boolean(),
  error: Type.Optional(error),
};

const byName = (names: readonly string[], schema: Parameters<typeof Type.Array>[0]) =>
  Type.Optional(Type.Object(Object.fromEntries(names.map((name) => [name, Type.Optional(schema)]))));

const share = orNull(Type.Number(), 'Null where the method only scores, or nothing can be said.');

/** One image of an evaluation, as a line of its journal. */
export const evaluatedImage = Type.Object({
  ...journalEntry,
  methods: byName(
    imageMethodNames,
    Type.Object({
      lsc: Type.Number(),
      sparsity: share,
      seconds: Type.Number(),
      metrics: byName(imageMetricNames, share),
    }),
  ),
});

/** One text of an evaluation, as a line of its journal. */
export const evaluatedText = Type.Object({
  ...journalEntry,
  methods: byName(
    ['smug', ...textMethodNames],
    Type.Object({
      sparsity: share,
      sufficiency: Type.Number(),
      comprehensiveness: Type.Number(),
      seconds: Type.Number(),
    }),
  ),
});
