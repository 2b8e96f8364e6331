import type { Options, Settings } from '../api/options.js';
import type { AttributionOptions, PathSharing } from '../attribution/attribution.js';
import type { Viewport } from '../api/picture.js';
import type { SolveProgress } from '../solvers/solver.js';

/** How far an explanation or attribution is. */
export interface ExplainProgress {
  phase: 'reading' | 'attribution' | 'encoding' | 'solving';
  /** Reading, once an image is decoded: the part of it that the model sees. */
  viewport?: Viewport;
  /** Encoding: what masks are over, in positions of the model's input (texts: 1 × words), and the side of a cell. */
  grid?: { height: number; width: number; window: number };
  /** Attribution: gradient points so far and the completeness error reached. */
  steps?: number;
  completenessError?: number | null;
  /** Solving: size of the best mask so far and the proven lower bound. */
  size?: number | null;
  lowerBound?: number;
  /** Solving: `choosing` once the size is settled and the best of the smallest masks is sought. */
  stage?: SolveProgress['stage'];
  /** Solving: the best mask so far, a byte per cell (texts: per word). */
  mask?: Uint8Array | null;
  elapsedMs?: number;
}

/** Options of `attribute`; what each means and its default stand in `lib/api/options.ts`. */
export interface AttributeOptions extends Options<'attribute'> {
  onProgress?: (progress: ExplainProgress) => void;
}

/** Options of `attributeImage`. */
export interface AttributeImageOptions extends Options<'attribute' | 'image'> {
  onProgress?: (progress: ExplainProgress) => void;
}

/** Options of `explainImage`. */
export interface ExplainOptions extends Options<'explain' | 'image' | 'hide'> {
  onProgress?: (progress: ExplainProgress) => void;
}

/** Options of `rateImage`. */
export interface RateImageOptions extends Options<'explain' | 'image' | 'hide' | 'encode'> {
  onProgress?: (progress: ExplainProgress) => void;
}

/** Options of `explainText`. */
export interface ExplainTextOptions extends Options<'explain' | 'text'> {
  onProgress?: (progress: ExplainProgress) => void;
}

/** Options of `rateWords`. */
export interface RateWordsOptions extends Options<'explain' | 'text' | 'rate'> {
  onProgress?: (progress: ExplainProgress) => void;
}

/** What `explainText` has to go by once the door is passed. */
export type ExplainTextSettings = Settings<'explain' | 'text', ExplainProgress>;

/** What everything that attributes has to go by once the door is passed. */
export type AttributeSettings = Settings<'attribute', ExplainProgress> & {
  /** Where nodes are chosen. */
  stop?: Settings<'explain'>['stop'];
};

/** What every explanation has to go by once the door is passed, whatever the kind of its input. */
export type ExplainSettings = Settings<'explain', ExplainProgress> & {
  /** Texts keep activations. */
  evidence?: Settings<'hide'>['evidence'];
};

/** How s_ij adds up over the nodes that see a pixel: the sum of their attributions, or the largest. */
export type ScoreRule = ExplainSettings['score'];

export function attributionOptions({
  tolerance,
  steps,
  maxSteps,
  signal,
  onProgress,
  sharedBatches,
}: AttributeSettings): AttributionOptions {
  return {
    tolerance,
    steps,
    maxSteps,
    signal,
    sharedBatches: sharedBatches as PathSharing | undefined,
    onProgress: onProgress && ((progress) => onProgress({ phase: 'attribution', ...progress })),
  };
}
