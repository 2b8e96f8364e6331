import { Type, type Static } from './schema.js';
import { count, orNull, zeroOrOne } from './shared.js';
import { blankWord } from './text.js';

const probability = (description: string) => Type.Number({ description });

/** Whether the whole network still reads the class when only the kept cells, or words, are left. */
export const sufficiency = Type.Object(
  {
    blank: Type.Optional(
      Type.String({ description: 'Images: what stands in place of hidden pixels, as in parameters.' }),
    ),
    blankWord: Type.Optional(blankWord),
    classKept: orNull(
      Type.Boolean(),
      'Against another class: whether this one stays before it. Of a value: whether it stays on its side of relativeTo; null for a value by itself.',
    ),
    before: probability(
      "The class's probability on the whole input, or how far it lies before the class it is explained against; of a value, its distance from relativeTo, or itself.",
    ),
    after: probability('With what is not kept blanked.'),
    extended: Type.Optional(
      Type.Union([
        Type.Object({
          cells: zeroOrOne,
          size: count('Cells that are 1.'),
          after: probability('With what is not in this mask blanked.'),
        }),
        Type.Null(),
      ]),
    ),
  },
  {
    description:
      'Whether the whole network still reads the class from what is kept, the rest replaced by the blank. extended: the mask with cells added by score ' +
      'until it does (requireClass); null where even the whole input is read as another class.',
  },
);

export type Sufficiency = Static<typeof sufficiency>;
