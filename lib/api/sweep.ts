import { journalEntry } from './evaluation.js';
import { option } from './option.js';
import { options } from './options.js';
import { Type, type Static } from './schema.js';
import { count, error, orNull, target } from './shared.js';
import { maskStatus } from './solution.js';

const { topK, gamma, window } = options;

/** What a sweep goes through, beside the options of an explanation: every combination of these. */
export const sweepOptions = {
  topK: option({
    schema: Type.Array(topK.schema, { minItems: 1 }),
    help: 'numbers of first-layer nodes, or auto, separated by commas',
    calls: [],
    placeholder: 'K,K',
    default: ['auto'],
  }),
  gamma: option({
    schema: Type.Array(gamma.schema, { minItems: 1 }),
    help: 'fractions of each chosen pre-activation to keep, separated by commas',
    calls: [],
    placeholder: 'G,G',
    default: [0],
  }),
  window: option({
    schema: Type.Array(window.schema, { minItems: 1 }),
    help: 'pixels per side of a mask cell, or auto, separated by commas',
    calls: [],
    placeholder: 'W,W',
    default: ['auto'],
  }),
};

const setting = {
  topK: Type.Union([count(), Type.Enum(['auto'])], { description: 'As it was asked for.' }),
  gamma: Type.Number(),
  window: Type.Union([count(), Type.Enum(['auto'])], { description: 'As it was asked for.' }),
};

const swept = Type.Object(setting);

/** What is gone through, as a journal has it. */
export const sweptGrid = Type.Array(swept);

/** One combination. */
export type SweptOptions = Static<typeof swept>;

/** One image under one setting. */
const sweptSetting = Type.Object({
  ...setting,
  nodes: count('First-layer nodes that were chosen.'),
  side: count('Pixels per side of a cell.'),
  cells: count('Cells of the mask, 0 or 1.'),
  size: count('Of them those that are 1.'),
  sparsity: Type.Number({ description: "Share of the image's area that is kept." }),
  lsc: Type.Number({ description: 'The saliency metric: lower is better.' }),
  classKept: orNull(Type.Boolean(), 'Whether the network reads the class from the kept cells alone.'),
  status: maskStatus,
  lowerBound: count('No mask with fewer cells satisfies every row.'),
  seconds: Type.Number({ description: 'Of encoding and solving; the attribution is shared.' }),
});

export type SweptSetting = Static<typeof sweptSetting>;

const sweptImage = Type.Object({
  file: Type.String(),
  target,
  attributionSeconds: Type.Number({ description: 'Of the attribution, which its settings share.' }),
  settings: Type.Array(sweptSetting),
});

const { file: _, ...sweptParts } = sweptImage.properties;

/** One image of a sweep, as a line of its journal. */
export const sweptEntry = Type.Object(
  { ...journalEntry, swept: Type.Optional(Type.Object(sweptParts)) },
  { title: 'One image of a sweep: a line of its journal' },
);

export type SweptImage = Static<typeof sweptEntry>;

/** Null of no images. */
const meanOf = (description: string) => orNull(Type.Number(), description);

const sweepRow = Type.Object(
  {
    ...setting,
    images: count('What the means are over.'),
    size: meanOf('Mean number of cells kept.'),
    lowerBound: meanOf('Mean of the proven bounds.'),
    sparsity: meanOf('Mean share of the area kept.'),
    lsc: meanOf('Mean of the saliency metric.'),
    classKept: meanOf('Share of the images whose class the network reads from the kept cells alone.'),
    proven: meanOf('Share of the images whose mask is proven smallest.'),
    seconds: meanOf('Mean of encoding and solving.'),
  },
  { description: 'Null where no image could be explained.' },
);

/** What `smug sweep` writes, as sweep.json. */
export const sweep = Type.Object(
  {
    model: Type.String(),
    images: count(),
    failed: Type.Array(Type.Object({ file: Type.String(), ...error.properties })),
    attributionSeconds: meanOf('Mean per image.'),
    rows: Type.Array(sweepRow, { description: 'Means per setting, in the order of the options.' }),
    results: Type.Array(sweptImage, { description: 'Every image that could be explained, in order.' }),
  },
  { title: 'Sweep over top-k, gamma and window' },
);

export type Sweep = Static<typeof sweep>;
