import { Type, type Static } from './schema.js';
import { count, orNull } from './shared.js';

const picture = Type.Object({
  kind: Type.String({ description: 'As overlay.' }),
  source: Type.String({ description: 'A data: URI.' }),
  coarse: Type.Optional(Type.Boolean({ description: 'Pixels that are shown large: not smoothed.' })),
  wide: Type.Optional(Type.Boolean({ description: 'A sheet of pictures: over the whole width.' })),
});

export type ReportPicture = Static<typeof picture>;

/** What was measured of one image by several methods, or under several settings. */
const rowTable = Type.Object({
  heading: Type.String(),
  columns: Type.Array(Type.String()),
  rows: Type.Array(Type.Array(Type.String())),
});

export type ReportRowTable = Static<typeof rowTable>;

const unknown = 'Null where it is not known.';
const numberOrNull = (description = unknown) => orNull(Type.Number(), description);

/** What the page of a report is told of one image, or text; the page draws its table from these. */
export const reportRow = Type.Object(
  {
    name: Type.String(),
    class: orNull(Type.String(), 'Label or index of the class; null where nobody explained it.'),
    confidence: numberOrNull(),
    size: orNull(count(), 'Cells kept.'),
    cells: orNull(count(), 'Of how many.'),
    share: numberOrNull('Of the area, or of the words, that is kept.'),
    bound: orNull(count(), 'No mask has fewer cells.'),
    proof: orNull(Type.String(), 'How sure the size is, in words.'),
    classKept: orNull(Type.Boolean(), 'Whether the network still reads the class from what is kept.'),
    seconds: numberOrNull('Of the whole explanation.'),
    error: orNull(Type.String(), 'Why there is none.'),
    pictures: Type.Array(picture),
    facts: Type.Array(
      Type.Unsafe<[name: string, value: string]>(Type.Array(Type.String(), { minItems: 2, maxItems: 2 })),
      { description: 'Names and values, in order: parameters, certificate, timing.' },
    ),
    notes: Type.Array(Type.String()),
    words: Type.Optional(
      Type.Array(
        Type.Unsafe<[word: string, weight: number | null]>(
          Type.Array(Type.Union([Type.String(), Type.Number(), Type.Null()]), { minItems: 2, maxItems: 2 }),
        ),
        { description: 'Texts: the words, and how strongly each is kept, 0 to 1; null where it is not.' },
      ),
    ),
    tables: Type.Array(rowTable),
  },
  { title: 'One image, or text, as it stands in the page of smug report' },
);

export type ReportRow = Static<typeof reportRow>;

/** What `smug report --json` prints. */
export const writtenReport = Type.Object(
  {
    file: Type.String({ description: 'Path of the page.' }),
    bytes: count(),
    images: count('Images, or texts, in its table.'),
    pictures: count('That are embedded.'),
    charts: count(),
    notes: Type.Array(Type.String(), { description: 'What is not on the page, and why: a sentence each.' }),
  },
  { title: 'A page that was written about folders' },
);

export type WrittenReport = Static<typeof writtenReport>;
