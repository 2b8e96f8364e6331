import { Type, type Static } from './schema.js';
import { gap, maskStatus } from './solution.js';
import { VERDICTS } from './verdict.js';

/**
 * The certificate of a full encoding: the image as the network's first layer reads it, the network by its digest, the answer. The meaning
 * of every field and what checks it are specified in docs/certificate.md; this is the form. Unknown fields are refused everywhere.
 */

const closed = { additionalProperties: false };
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const side = Type.Integer({ minimum: 1, maximum: 2 ** 20 });
const sha256 = Type.String({ maxLength: 64 });

export const encodingCertificate = Type.Object(
  {
    format: Type.Literal('smug-encoding-certificate'),
    version: Type.Literal(1),
    model: Type.Object(
      {
        source: Type.String({ maxLength: 4096, description: 'Where it was read from; no claim.' }),
        sha256,
      },
      closed,
    ),
    image: Type.Object(
      {
        inputShape: Type.Array(side, { maxItems: 8, description: "Of the model's input." }),
        height: side,
        width: side,
        layout: Type.Enum(['channels-first', 'channels-last'], { description: 'Of x.' }),
        x: Type.Array(Type.Number(), { description: 'What the first layer reads of the whole image.' }),
      },
      closed,
    ),
    target: Type.Integer({ minimum: 0, maximum: 2 ** 30 }),
    delta: Type.Number({ minimum: 0, maximum: 1e30 }),
    status: maskStatus,
    mask: Type.Union([Type.Array(Type.Integer({ minimum: 0, maximum: 1 })), Type.Null()]),
    size: count,
    lowerBound: count,
    gap,
    said: Type.Object(
      { by: Type.String({ maxLength: 1000 }), nodes: count, tried: count },
      {
        ...closed,
        description: 'Of the search that excluded smaller masks. Told to people; it decides nothing.',
      },
    ),
  },
  { ...closed, title: 'Certificate of a full encoding', description: 'See docs/certificate.md.' },
);

export type EncodingCertificate = Static<typeof encodingCertificate>;

const word = Type.Enum([...VERDICTS], { description: 'As of other certificates.' });

export const encodingVerdict = Type.Object(
  {
    verdict: word,
    status: maskStatus,
    target: count,
    delta: Type.Number(),
    size: count,
    lowerBound: count,
    model: Type.Object(
      { sha256: Type.String({ description: 'Of the network that it was checked with.' }) },
      closed,
    ),
    mask: Type.Union(
      [
        Type.Object(
          { margin: Type.Number({ description: 'Over the next class, rounded; it was compared exactly.' }) },
          closed,
        ),
        Type.Null(),
      ],
      {
        description:
          'With the mask the class leads by more than delta, exactly; null where that was not shown.',
      },
    ),
    bound: Type.Union(
      [
        Type.Object(
          {
            verdict: word,
            tried: Type.Integer({ minimum: 0, description: 'Smaller masks that were tried here, exactly.' }),
          },
          closed,
        ),
        Type.Null(),
      ],
      { description: 'That no smaller mask keeps the class.' },
    ),
    failures: Type.Array(Type.String()),
    reasons: Type.Array(Type.String()),
    wallMs: Type.Number(),
  },
  {
    ...closed,
    title: 'Verdict on a full encoding',
    description: "What smug verify says of a full encoding's certificate; see docs/certificate.md.",
  },
);

export type EncodingVerdict = Static<typeof encodingVerdict>;
