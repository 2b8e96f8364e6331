import { options } from './options.js';
import { Type, type Static } from './schema.js';
import {
  attributedOutput,
  count,
  engineName,
  error,
  files,
  milliseconds,
  orNull,
  solverName,
  target,
  zeroOrOne,
} from './shared.js';
import {
  confirmed,
  core,
  gap,
  heaviest,
  loneProvers,
  maskStatus,
  rankedMasks,
  solveReport,
} from './solution.js';
import { sufficiency } from './sufficiency.js';
import { textCounts, explainedWord } from './text.js';
import { imageRating } from './image-rating.js';
import { wordRating } from './word-rating.js';

const { gamma, score, attribution, blank, tolerance, stop, maxSteps, timeLimit, solutions, seed } = options;

/** Every setting in force. */
const parameters = Type.Object(
  {
    topK: count('First-layer nodes asked for.'),
    gamma: gamma.schema,
    evidence: Type.Enum(['activation', 'image'], { description: 'What is kept of every chosen node.' }),
    blank: blank.schema,
    window: count('Pixels per side of a mask cell.'),
    score: score.schema,
    attribution: attribution.schema,
    output: attributedOutput,
    tolerance: tolerance.schema,
    stop: stop.schema,
    stability: Type.Number({ minimum: 0, maximum: 1, description: 'Of the top k, that was asked for.' }),
    maxSteps: maxSteps.schema,
    steps: orNull(count(), 'Fixed number of quadrature points; null where the tolerance decides.'),
    timeLimit: timeLimit.schema,
    solutions: solutions.schema,
    seed: seed.schema,
  },
  { description: 'Every setting in force.' },
);

export type ExplanationParameters = Static<typeof parameters>;

/** How the attribution came out. */
export const attributionResult = {
  method: attribution.schema,
  steps: count('Gradient points evaluated.'),
  completenessError: orNull(
    Type.Number({ minimum: 0 }),
    '|sum of scores - (F(a) - F(baseline))| / |F(a) - F(baseline)|; null for methods that promise no completeness.',
  ),
  converged: orNull(
    Type.Boolean(),
    'Whether what stop asks for was reached: tolerance and stability, or stability alone; null for methods that promise no completeness.',
  ),
  topKStability: orNull(
    Type.Number({ minimum: 0, maximum: 1 }),
    'Estimated share of the top k that a converged attribution has in common, from what the last refinement, or one half of the points beside the other, changed; null where nothing was refined.',
  ),
};

const attributionObject = Type.Object(attributionResult);

export type AttributionResult = Static<typeof attributionObject>;

/** One result of `smug explain --json`. */
export const explanation = Type.Object(
  {
    input: Type.String({ description: 'Path of the input, or what kind of input it was.' }),
    model: Type.String({ description: 'Source of the model.' }),
    target,
    parameters,
    nodes: Type.Object(
      {
        selected: count(),
        constrained: count(),
        metByBlank: count('Constrained nodes that need no pixel: biases and the blank meet their rows.'),
      },
      { description: 'First-layer nodes chosen, and those of them that became rows.' },
    ),
    mask: Type.Object({
      height: count("Pixels of the model's input; text: 1."),
      width: count("Pixels of the model's input; text: words."),
      window: count(),
      size: count('Cells that are 1.'),
      sparsity: Type.Number({
        minimum: 0,
        maximum: 1,
        description: "Fraction of the input's area that is kept.",
      }),
      cells: Type.Array(Type.Enum([0, 1]), {
        description: 'Row-major, ceil(height/window) x ceil(width/window) entries.',
      }),
      core: Type.Optional(core),
    }),
    certificate: Type.Object({
      status: maskStatus,
      lowerBound: count('No mask with fewer cells satisfies every row.'),
      gap,
      confirmed,
      provers: loneProvers,
      heaviest,
      report: Type.Optional(solveReport),
    }),
    attribution: attributionObject,
    notes: Type.Array(Type.String(), {
      description: 'What was chosen for this input and why, and what to beware of: a sentence each.',
    }),
    engine: engineName,
    solver: solverName,
    timing: Type.Object({
      loadMs: milliseconds('Reading and preparing this input.'),
      attributionMs: milliseconds(),
      encodingMs: milliseconds(),
      solveMs: milliseconds(),
      totalMs: milliseconds(),
    }),
    words: Type.Optional(
      Type.Array(explainedWord, { description: 'The words that the model sees, in order: one per cell.' }),
    ),
    text: Type.Optional(textCounts),
    sufficiency,
    solutions: Type.Optional(rankedMasks),
    exhausted: Type.Optional(Type.Boolean({ description: 'There is no further feasible mask.' })),
    disjoint: Type.Optional(
      Type.Array(
        Type.Object({
          cells: zeroOrOne,
          size: count('Cells that are 1.'),
          rows: count('Constrained nodes that the cells not used before can keep: the mask keeps them all.'),
          lowerBound: count('No mask of these cells that keeps them has fewer.'),
          status: Type.Enum(['optimal', 'feasible']),
        }),
        {
          description:
            'With the option disjoint: further masks; no two share a cell, nor one with the first.',
        },
      ),
    ),
    reference: Type.Optional(
      Type.Object(
        {
          images: count('Explanations of reference.'),
          percentile: Type.Number({
            minimum: 0,
            maximum: 100,
            description: 'Percent of them that keep a smaller share of their picture; of equal ones a half.',
          }),
        },
        { description: "With the option reference: the mask's size beside others." },
      ),
    ),
    files,
    error: Type.Optional(error),
  },
  { title: 'Explanation of one input; error only where its files could not be written' },
);

export type ExplanationDocument = Static<typeof explanation>;

/** A failed input of `smug explain --json`. */
const failure = Type.Object({ input: Type.String(), error });

/** What `smug explain --lines --json` prints per line of its input, and otherwise per input. */
export const explanationLine = Type.Union([explanation, wordRating, imageRating, failure], {
  title: 'Explanation, rating or failure of one input',
  description: 'A failed input has input and error.',
});

/** What `smug explain --json` prints. */
export const explanations = Type.Object(
  {
    results: Type.Array(explanationLine, {
      description: 'One per input, in order.',
    }),
  },
  { title: 'Explanations' },
);
