import type { AttributionResult, ExplanationDocument, ExplanationParameters } from '../api/explanation.js';
import type { Sufficiency } from '../api/sufficiency.js';
import type { ExplainedWord, TextCounts } from '../api/text.js';
import type { EngineName } from '../engines/engine.js';
import type { CsrMaskProblem } from '../masks/problem.js';
import type { MaskCore, MaskSolution, MaskStatus, SolveReport, SolverName } from '../solvers/solution.js';
import { bits, coreDocument, rankedMasksDocument } from '../solvers/solution-document.js';
import type { Tensor } from '../tensor.js';
import type { DisjointMask } from './disjoint-masks.js';
import type { Drawing } from './drawing.js';
import type { SizeRank } from './reference-shares.js';
import type { Target } from './target.js';

/** What every explanation reports; `toJSON` gives the document of `smug explain --json`. */
export interface Explanation {
  /** Path of the input, or what kind of input it was. */
  input: string;
  /** Source of the model. */
  model: string;
  target: Target;
  /** Every setting in force. */
  parameters: ExplanationParameters;
  /**
   * How many first-layer nodes were chosen, how many of those had something to keep and became rows, and how many rows
   * hold with everything hidden.
   */
  nodes: { selected: number; constrained: number; metByBlank: number };
  mask: ExplanationMask;
  certificate: ExplanationCertificate;
  attribution: AttributionResult;
  /** What was chosen for this input and why, and what to beware of: a sentence each. */
  notes: string[];
  engine: EngineName;
  solver: SolverName;
  timing: ExplanationTiming;
  /** Files written for it; filled by whoever writes them. */
  files: string[];
  /** Whether the whole network still reads the class when only the kept cells, or words, are left. */
  sufficiency: Sufficiency;
  /** s_ij of every position of the model's input, row-major, height·width of `mask`; 0 where the mask is 0. */
  saliency: Float32Array;
  /** The same without the mask (SMUG_base): the union of the chosen nodes' receptive fields. */
  baseSaliency: Float32Array;
  /** Attribution of every first-layer node, in the model file's own layout. */
  scores: Tensor;
  /** The mask problem that was solved. */
  problem: CsrMaskProblem;
  /** The whole answer of the solver. */
  solution: MaskSolution;
  /** With the option `disjoint`: further masks, no two of which, nor the first, share a cell. */
  disjoint?: DisjointMask[];
  /** With the option `reference`: how large the mask is beside others. */
  reference?: SizeRank;
  toJSON(): ExplanationDocument;
}

interface ExplanationMask {
  /** Pixels of the model's input; text: 1 × words. */
  height: number;
  width: number;
  window: number;
  /** Number of cells that are 1. */
  size: number;
  /** Fraction of the image's area that is kept. */
  sparsity: number;
  /** Row-major, ⌈height/window⌉·⌈width/window⌉ entries, 0 or 1. */
  cells: Uint8Array;
  /** With the option `core`: which cells every smallest mask keeps, some keep, or none keeps. */
  core?: MaskCore;
}

interface ExplanationCertificate {
  status: MaskStatus;
  /** No mask with fewer cells satisfies every row. */
  lowerBound: number;
  /** (size − lowerBound) / size. */
  gap: number;
  /** Of a proof: it replays exactly, or a second prover agrees; false: the word of the one named in `provers`. */
  confirmed?: boolean;
  provers?: string[];
  /** Whether the mask is proven to have the largest attribution of all smallest ones. */
  heaviest?: MaskSolution['heaviest'];
  /** What presolve did and what the bound rests on. */
  report?: SolveReport;
}

/** Milliseconds. `loadMs` is the reading and preparing of this input; a model is loaded once for many. */
export interface ExplanationTiming {
  loadMs: number;
  attributionMs: number;
  encodingMs: number;
  solveMs: number;
  totalMs: number;
}

export interface ImageExplanation extends Explanation {
  /** What the pictures are drawn from. */
  drawing: Drawing;
}

export interface TextExplanation extends Explanation {
  /** The words that the model sees, in order: one per cell of the mask. */
  words: ExplainedWord[];
  /** What became of the text on its way into the model. */
  text: TextCounts;
  /** The text itself. */
  source: string;
}

/** The JSON document of an explanation: plain values only. */
export function explanationDocument(
  explanation: Omit<Explanation, 'toJSON'> & Partial<TextExplanation>,
): ExplanationDocument {
  const { input, model, target, parameters, nodes, mask, certificate, attribution, notes } = explanation;
  const { engine, solver, timing, files, words, text, sufficiency, solution, disjoint, reference } =
    explanation;
  const { cells, core, ...size } = mask;
  return {
    input,
    model,
    target,
    parameters,
    nodes,
    mask: { ...size, cells: bits(cells), ...(core && { core: coreDocument(core) }) },
    certificate,
    attribution,
    notes,
    engine,
    solver,
    timing,
    ...(words && { words, text }),
    sufficiency,
    ...(solution.solutions && {
      solutions: rankedMasksDocument(solution.solutions),
      exhausted: solution.exhausted ?? false,
    }),
    ...(disjoint && {
      disjoint: disjoint.map(({ cells, rows, solution: { size, status, lowerBound } }) => ({
        ...{ cells: bits(cells), size, rows, lowerBound },
        status: status === 'optimal' ? ('optimal' as const) : ('feasible' as const),
      })),
    }),
    ...(reference && { reference }),
    files,
  };
}
