import { Type, type Static } from './schema.js';

const closed = { additionalProperties: false };
const count = Type.Integer({ minimum: 0 });

/** From the strongest to the weakest; a verdict is the weakest of its claims'. */
export const VERDICTS = [
  'verified-exact',
  'verified-by-two-provers',
  'one-prover',
  'not-checked',
  'refused',
] as const;

const word = Type.Enum([...VERDICTS], {
  description:
    'verified-exact: checked here in exact arithmetic. verified-by-two-provers: two provers of different families agree, one ' +
    'of them exact. one-prover: the word of one exact prover. not-checked: nothing is wrong as far as it was looked at, ' +
    'but part of it was not shown. refused: something it says is false.',
});

const tally = Type.Object(
  {
    verdict: word,
    parts: Type.Integer({ minimum: 0, description: 'Proofs that the claim needs: one per component.' }),
    exact: count,
    twoProvers: count,
    oneProver: count,
    notChecked: count,
  },
  closed,
);

export const verdictSchema = Type.Object(
  {
    verdict: word,
    status: Type.Enum(['optimal', 'feasible', 'infeasible', 'unknown']),
    size: count,
    lowerBound: count,
    problem: Type.Object(
      {
        sha256: Type.String(),
        compared: Type.Boolean({ description: 'A problem was given from outside and is the same.' }),
      },
      closed,
    ),
    rows: Type.Object(
      { checked: count },
      { ...closed, description: 'Rows that hold for the mask, exactly.' },
    ),
    forced: Type.Object({ checked: count }, closed),
    bound: Type.Union([tally, Type.Null()]),
    heaviest: Type.Optional(tally),
    core: Type.Optional(
      Type.Object(
        { ...tally.properties, every: count, some: count, none: count, open: count, witnesses: count },
        closed,
      ),
    ),
    failures: Type.Array(Type.String()),
    reasons: Type.Array(Type.String()),
    provers: Type.Array(Type.String(), { description: 'Provers whose word counted.' }),
    wallMs: Type.Number(),
  },
  {
    ...closed,
    title: 'Verdict',
    description: 'What smug verify says of a certificate; see docs/certificate.md.',
  },
);

export type Verdict = Static<typeof verdictSchema>;
export type VerdictWord = (typeof VERDICTS)[number];
export type Tally = Static<typeof tally>;
