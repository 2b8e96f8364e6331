import { Type, type Static } from './schema.js';

/**
 * The certificate of a solution: the mask problem, the answer, and proofs that any program can check. The meaning of every
 * field, the claims and what checks them are specified in docs/certificate.md; this is the form. Unknown fields
 * are refused everywhere.
 */

const closed = { additionalProperties: false };
const LARGEST = Number.MAX_SAFE_INTEGER;
const count = Type.Integer({ minimum: 0, maximum: LARGEST });
const index = Type.Integer({ minimum: 0, maximum: 2 ** 30 });
const whole = Type.Integer({ minimum: -LARGEST, maximum: LARGEST });
const bit = Type.Integer({ minimum: 0, maximum: 1 });
const number = Type.Number();

const problem = Type.Object(
  {
    variables: index,
    rows: Type.Array(
      Type.Object({ columns: Type.Array(index), coefficients: Type.Array(number), lower: number }, closed),
    ),
    weights: Type.Optional(Type.Array(number)),
  },
  closed,
);

/** Who said so while the problem was solved. Told to people; it decides nothing. */
const said = Type.Array(
  Type.Object(
    {
      by: Type.String({ maxLength: 40 }),
      version: Type.Optional(Type.String({ maxLength: 100 })),
      seed: Type.Optional(count),
    },
    closed,
  ),
);

const cutFields = {
  rows: Type.Array(index, { maxItems: 64 }),
  times: Type.Array(Type.Integer({ minimum: 1, maximum: 1023 }), { maxItems: 64 }),
  columns: Type.Array(index),
  coefficients: Type.Array(Type.Integer({ minimum: -255, maximum: 255 })),
  bound: whole,
};
const cut = Type.Object(cutFields, closed);

const tree = Type.Array(
  Type.Union([index, Type.Array(Type.Union([Type.Enum(['row', 'dual', 'pack']), count]))]),
);

const treeProof = Type.Object(
  { kind: Type.Literal('tree'), cuts: Type.Optional(Type.Array(cut)), tree },
  closed,
);

const lemmaProof = Type.Object(
  {
    kind: Type.Literal('lemmas'),
    cuts: Type.Optional(Type.Array(cut)),
    vectors: Type.Array(Type.Array(count)),
    lemmas: Type.Array(count),
  },
  closed,
);

const blocksProof = Type.Object(
  {
    kind: Type.Literal('blocks'),
    blocks: Type.Array(
      Type.Object(
        {
          rows: Type.Array(index),
          cuts: Type.Array(cut),
          columns: Type.Array(index),
          costs: Type.Array(whole),
          bound: whole,
          search: Type.Optional(Type.Object({ multipliers: Type.Array(count), nodes: count }, closed)),
          tree: Type.Optional(tree),
        },
        closed,
      ),
    ),
    cuts: Type.Array(Type.Object({ ...cutFields, multiplier: count }, closed)),
  },
  closed,
);

const proof = Type.Union([treeProof, lemmaProof, blocksProof]);

const component = Type.Object(
  {
    variables: Type.Array(index),
    rows: Type.Array(index),
    clauses: Type.Array(
      Type.Object({ row: index, columns: Type.Array(index), values: Type.Array(bit) }, closed),
    ),
    lowerBound: count,
    infeasible: Type.Optional(Type.Literal(true)),
    proof: Type.Optional(proof),
    said,
    core: Type.Optional(
      Type.Object({ same: Type.Array(index), proof: Type.Optional(treeProof), said }, closed),
    ),
    heaviest: Type.Optional(
      Type.Object(
        {
          costs: Type.Array(Type.Integer({ minimum: 0, maximum: 2 ** 20 - 1 })),
          cost: count,
          proven: Type.Boolean(),
          usesCore: Type.Optional(Type.Literal(true)),
          proof: Type.Optional(treeProof),
          said,
        },
        closed,
      ),
    ),
  },
  closed,
);

export const certificateSchema = Type.Object(
  {
    format: Type.Literal('smug-certificate'),
    version: Type.Literal(2),
    problem,
    problemSha256: Type.String({ maxLength: 64 }),
    status: Type.Enum(['optimal', 'feasible', 'infeasible', 'unknown']),
    mask: Type.Union([Type.Array(bit), Type.Null()]),
    size: count,
    lowerBound: count,
    gap: Type.Number({ minimum: 0, maximum: 1 }),
    backend: Type.String({ maxLength: 40 }),
    provers: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 100 }),
    scales: Type.Array(Type.Integer({ minimum: -1200, maximum: 1200 })),
    forced: Type.Array(Type.Object({ variable: index, value: bit, row: index }, closed)),
    conflict: Type.Optional(index),
    components: Type.Array(component),
    heaviest: Type.Optional(Type.Enum(['proven', 'unproven'])),
    core: Type.Optional(
      Type.Object(
        { roles: Type.Array(Type.Integer({ minimum: 0, maximum: 2 })), proven: Type.Array(bit) },
        closed,
      ),
    ),
    witnesses: Type.Optional(Type.Array(Type.Array(index))),
  },
  { ...closed, title: 'Certificate', description: 'See docs/certificate.md.' },
);

export type Certificate = Static<typeof certificateSchema>;
export type CertificateComponent = Certificate['components'][number];
