import { Type, type Static } from './schema.js';
import { count, files, milliseconds, orNull, solverName, zeroOrOne } from './shared.js';

const claims = Type.Optional(
  Type.Object(
    {
      checked: count('Gone through mask by mask, bounded in exact arithmetic, or with nothing to choose.'),
      twoProvers: count(),
      oneProver: count('The word of one prover alone; `smug verify` asks the other one.'),
      unproven: count(),
    },
    { description: 'Claims by what they rest on.' },
  ),
);

export const maskStatus = Type.Enum(['optimal', 'feasible', 'infeasible', 'unknown'], {
  description:
    'optimal: proven smallest. feasible: a mask and a lower bound. infeasible: no mask holds. unknown: neither mask nor proof.',
});

export const heaviest = Type.Optional(
  Type.Enum(['proven', 'unproven'], {
    description:
      'Whether the mask is proven to weigh the most of all smallest ones; weights are attributions.',
  }),
);

export const gap = Type.Number({
  minimum: 0,
  maximum: 1,
  description: '(size - lowerBound) / size; 0 for an empty mask, 1 where there is none.',
});

export const confirmed = Type.Optional(
  Type.Boolean({
    description:
      'Of what is proven: an argument replays exactly, or a second prover agrees; false: the word of one prover.',
  }),
);

export const loneProvers = Type.Optional(
  Type.Array(Type.String(), { description: 'Where it is not confirmed: whose word it is.' }),
);

/** How an answer came about. */
export const solveReport = Type.Object(
  {
    presolve: Type.Object(
      {
        redundantRows: count('Rows that every mask satisfies once the forced variables are set.'),
        impliedRows: count('Rows implied by another row over the same few variables.'),
        forcedOnes: count('Variables that every feasible mask has at 1.'),
        forcedZeros: count('Variables that every feasible mask has at 0.'),
        uselessVariables: count('Variables that help no remaining row: 0 in some smallest mask.'),
      },
      { description: 'What presolve removed or settled.' },
    ),
    components: Type.Object({
      count: count(),
      distinct: count('Different ones; equal components are solved once.'),
      largest: count('Variables of the largest.'),
      enumerated: count('Proven by our own enumeration.'),
      confirmed: count('Proven by two independent runs.'),
      unconfirmed: count('Proven by one prover alone.'),
      open: count('Not proven.'),
      oneProver: count('Those whose bound rests on runs of one prover alone, twice or not.'),
    }),
    provers: Type.Array(Type.String(), { description: 'Provers that ran, with versions.' }),
    faults: count('Answers of provers that were contradicted, and runs and helper threads that failed.'),
    refuted: count('Rows added because integer rounding let a mask through that exact arithmetic refutes.'),
    robust: Type.Boolean({ description: 'The mask holds in float64 whatever the order of summation.' }),
    claims: Type.Optional(
      Type.Object(
        { heaviest: claims, core: claims, solutions: claims },
        {
          description: 'What claims beyond the optimum rest on.',
        },
      ),
    ),
    agreementMs: orNull(milliseconds(), 'Until mask and bound first met; null: never.'),
    confirmationMs: orNull(milliseconds(), 'Until the bound was confirmed; null: never.'),
  },
  { description: 'How the answer came about.' },
);

/** Which variables every smallest mask has, some have, or none has. */
export const core = Type.Object(
  {
    roles: Type.Array(Type.Enum([0, 1, 2]), {
      description: 'One per variable: 0 in no smallest mask, 1 in some, 2 in every one.',
    }),
    proven: zeroOrOne,
    every: count(),
    some: count(),
    none: count(),
    unproven: count('Roles that are not proven.'),
  },
  { description: 'How each variable stands to the set of all smallest masks.' },
);

export const rankedMasks = Type.Array(
  Type.Object({ mask: zeroOrOne, size: count(), status: Type.Enum(['optimal', 'feasible']) }),
  { description: 'Distinct masks, best first.' },
);

/** What `smug solve --json` prints. */
export const solution = Type.Object(
  {
    status: maskStatus,
    mask: orNull(zeroOrOne, 'One per variable; null where there is none.'),
    size: count('Ones in the mask; 0 where there is none.'),
    lowerBound: count('No mask has fewer ones.'),
    gap,
    solutions: Type.Optional(rankedMasks),
    exhausted: Type.Optional(Type.Boolean({ description: 'There is no further feasible mask.' })),
    heaviest,
    core: Type.Optional(core),
    report: Type.Optional(solveReport),
    confirmed,
    provers: loneProvers,
    backend: solverName,
    wallMs: milliseconds(),
    files: Type.Optional(files),
  },
  { title: 'Solution of a mask problem' },
);

export type SolutionDocument = Static<typeof solution>;
export type MaskStatus = Static<typeof maskStatus>;
export type SolveReport = Static<typeof solveReport>;
