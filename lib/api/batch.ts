import { explanation } from './explanation.js';
import { Type, type Static } from './schema.js';
import { count, error, orNull } from './shared.js';
import { sufficiency } from './sufficiency.js';

/** Files that can be written about an image; texts also have a page. */
export const fileKinds = [
  'json',
  'certificate',
  'overlay',
  'heatmap',
  'mask',
  'core',
  'enlarged',
  'regions',
  'arrays',
  'page',
] as const;

export type FileKind = (typeof fileKinds)[number];

/** Those of `fileKinds` that an image can have. */
export const imageFileKinds = fileKinds.filter((kind) => kind !== 'page');

/** Those that a batch writes about every image unless somebody says otherwise. */
export const usualFileKinds: readonly FileKind[] = ['json', 'certificate', 'overlay'];

const { input, target, nodes, mask, certificate, attribution, notes, engine, solver, timing } =
  explanation.properties;
const { height, width, window, size, sparsity } = mask.properties;
const { status, lowerBound, gap, confirmed, provers, heaviest } = certificate.properties;

const { blank, classKept, before, after } = sufficiency.properties;

const name = Type.String({
  description:
    'Path of the image below the folder that all images of the batch share; its files are called by it, under images/.',
});

/** An image that was explained: its result without mask and settings, which stand in the files written for it. */
const explained = Type.Object({
  input,
  name,
  target,
  nodes,
  mask: Type.Object({ height, width, window, size, sparsity }),
  certificate: Type.Object({ status, lowerBound, gap, confirmed, provers, heaviest }),
  attribution,
  sufficiency: Type.Object({
    ...{ blank, classKept, before, after },
    extendedSize: Type.Optional(
      orNull(
        count(),
        'With requireClass: cells until the class is kept; null where even the whole image is another.',
      ),
    ),
  }),
  notes,
  engine,
  solver,
  timing,
  files: Type.Array(Type.String(), { description: "Files written for it, from the index's folder." }),
});

const failed = Type.Object({ input, name, error });

/** A line of a batch's `index.jsonl`, in the order of the inputs. */
export const batchLine = Type.Union([explained, failed], {
  title: 'One image of a batch: its result, or why it failed',
});

export type BatchLine = Static<typeof explained> | Static<typeof failed>;

/** What `smug batch --json` prints and `summary.json` holds. */
export const batchSummary = Type.Object(
  {
    images: count(),
    proven: count('No smaller mask does: by an exact argument, two provers, or the word of one.'),
    oneProver: count('Those of them that rest on the word of one prover alone.'),
    notProven: count('A mask and a bound, or neither, when the time was over.'),
    failed: count(),
    reasons: Type.Array(
      Type.Object({
        code: Type.String(),
        images: count(),
        first: Type.Object({ input: Type.String(), message: Type.String() }),
      }),
      { description: 'Why images failed, the most frequent first. The index names every image.' },
    ),
    index: Type.String({ description: 'Path of the index.' }),
  },
  { title: 'Summary of a batch' },
);

export type BatchSummary = Static<typeof batchSummary>;
