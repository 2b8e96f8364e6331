import { fileKinds } from './batch.js';
import { options, type Options } from './options.js';
import { optionsSchema } from './options-schema.js';
import { Type, type Static } from './schema.js';
import { count, orNull } from './shared.js';

/** What `smug submit --json` prints. */
export const submitted = Type.Object(
  {
    images: count('Images of the batch.'),
    done: count('Those that had their result before.'),
    submitted: count('Those that are in the queue now.'),
    out: Type.String({ description: 'Where the results go.' }),
  },
  { title: 'A batch put into a queue' },
);

export type Submitted = Static<typeof submitted>;

/** What a batch of the queue is, as it stands in its place: every worker reads it there. */
export const queuedBatchHead = Type.Object(
  {
    batch: Type.Literal(1),
    version: Type.String({ description: 'Of the package that submitted it.' }),
    model: Type.String(),
    options: Type.Unsafe<Omit<Options<'explain' | 'image' | 'hide'>, 'onProgress' | 'signal'>>(
      optionsSchema(options, ['explain', 'image', 'hide']),
    ),
    files: Type.Array(Type.Enum(fileKinds)),
    digest: Type.String({ description: 'Hash of the list of images.' }),
    images: count(),
    tries: count('How often an image is tried before it is set aside.'),
  },
  { title: 'A batch of a queue, as it stands in its place' },
);

export type QueuedBatch = Static<typeof queuedBatchHead>;

/** What `smug worker --json` prints at its end. */
export const workerReport = Type.Object(
  {
    proven: count(),
    notProven: count(),
    failed: count('Images that cannot be explained, with a result that says why.'),
    known: count('Images that had their result before.'),
    setAside: count('Images given up because workers died on them.'),
  },
  { title: 'What a worker did' },
);

export type WorkerReport = Static<typeof workerReport>;

/** What `smug status --json` prints. */
export const queueStatus = Type.Object(
  {
    queue: Type.String(),
    waiting: count('Images that nobody has begun, or that wait for their next try.'),
    active: count(),
    setAside: count('Images that were given up after their tries.'),
    done: count('Images that workers have done since the queue is there.'),
    workers: count('Workers that are connected.'),
    perMinute: Type.Number({ minimum: 0, description: 'Images per minute, over the last five.' }),
    secondsLeft: orNull(Type.Number({ minimum: 0 }), 'At that pace; null before the first minute is over.'),
    images: Type.Array(
      Type.Object({
        input: Type.String(),
        name: Type.String(),
        out: Type.String(),
        reason: Type.String(),
        tries: count(),
      }),
      { description: 'The first of those that were set aside.' },
    ),
  },
  { title: 'Where a queue stands' },
);

export type QueueStatus = Static<typeof queueStatus>;
