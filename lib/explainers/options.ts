import { attributionMethodNames, type AttributionMethodName } from '../attribution/methods.js';
import type { AttributionOptions } from '../attribution/attribution.js';
import type { OutputKind } from '../engines/engine.js';
import type { DeclarationOptions } from '../input/declarations.js';
import type { SolveOptions } from '../solvers/solver.js';

/** How s_ij adds up over the nodes that see a pixel: the sum of their attributions, or the largest. */
export type ScoreRule = 'sum' | 'max';

/** Options of `attribute`. */
export interface AttributeOptions {
  /** Class index, or a label that the model declares. Default: the predicted class. */
  target?: number | string;
  /** What is attributed. Default `probability`. */
  output?: OutputKind;
  /** Default `integrated-gradients`. */
  attribution?: AttributionMethodName;
  /** Completeness error to reach. Default 0.01. */
  tolerance?: number;
  /** Exactly this many Gauss–Legendre points instead of the adaptive rule. */
  steps?: number;
  /** Cap of the adaptive rule. Default 255. */
  maxSteps?: number;
  /** Names of the classes; see `DeclarationOptions`. */
  classNames?: DeclarationOptions['classNames'];
  /** Cancels: ABORTED, except while the solver runs, which then gives the best mask and bound it has. */
  signal?: AbortSignal;
  onProgress?: (progress: ExplainProgress) => void;
}

/** Options of `explainImage` and `explainText`. */
export interface ExplainOptions extends AttributeOptions {
  /** k, the number of first-layer nodes chosen. Default 3000 (text: 100), capped at the layer's size. */
  topK?: number;
  /** γ, the fraction of each chosen pre-activation to keep, 0 ≤ γ < 1. Default 0. */
  gamma?: number;
  /** w: one mask variable for w×w pixels. Default 1 up to 64×64 pixels, else 4; text: always 1. */
  window?: number;
  /** Default `sum`. */
  score?: ScoreRule;
  /** Seconds of solving; 0 means no limit. Default 60. */
  timeLimit?: number;
  /** Number of distinct masks, best first. Default 1. */
  solutions?: number;
  /** Also tell of every cell whether all smallest masks keep it, some do, or none does. Default false. */
  core?: boolean;
  /** Also keep what the proof rests on, for the certificate file. Default false. */
  evidence?: boolean;
  solver?: SolveOptions['solver'];
  threads?: number;
  seed?: number;
  /** Preprocessing; see `DeclarationOptions`. */
  preprocess?: DeclarationOptions['preprocess'];
}

export interface ExplainProgress {
  phase: 'reading' | 'attribution' | 'encoding' | 'solving';
  /** Attribution: gradient points so far and the completeness error reached. */
  steps?: number;
  completenessError?: number | null;
  /** Solving: size of the best mask so far and the proven lower bound. */
  size?: number | null;
  lowerBound?: number;
  elapsedMs?: number;
}

const checks: Record<string, (value: unknown, name: string) => void> = {
  target: (value, name) => {
    if (typeof value === 'number' ? !(Number.isInteger(value) && value >= 0) : typeof value !== 'string')
      throw wrong(name, value, 'a class index from 0, or a label');
  },
  output: oneOf('probability', 'logit'),
  attribution: oneOf(...attributionMethodNames),
  tolerance: number('a number above 0', (value) => value > 0),
  steps: whole(1, 100_000),
  maxSteps: whole(1, 100_000),
  topK: whole(1, Number.MAX_SAFE_INTEGER),
  gamma: number('a number from 0 up to, but not including, 1', (value) => value >= 0 && value < 1),
  window: whole(1, 16_384),
  score: oneOf('sum', 'max'),
  timeLimit: number('seconds, 0 or more (0: no limit)', (value) => value >= 0),
  solutions: whole(1, 1_000_000),
  core: (value, name) => {
    if (typeof value !== 'boolean') throw wrong(name, value, 'true or false', true);
  },
  evidence: (value, name) => {
    if (typeof value !== 'boolean') throw wrong(name, value, 'true or false', true);
  },
  solver: oneOf('auto', 'native', 'wasm'),
  threads: whole(1, 1024),
  seed: whole(0, 2 ** 31 - 1),
  preprocess: (value, name) => {
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null))
      throw wrong(name, value, 'a path or an object in the form of preprocessor_config.json', true);
  },
  classNames: (value, name) => {
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null))
      throw wrong(name, value, 'a path, a list of names or an object', true);
  },
  signal: (value, name) => {
    if (!(value instanceof AbortSignal)) throw wrong(name, value, 'an AbortSignal', true);
  },
  onProgress: (value, name) => {
    if (typeof value !== 'function') throw wrong(name, value, 'a function', true);
  },
};

const attributeNames = [
  'target',
  'output',
  'attribution',
  'tolerance',
  'steps',
  'maxSteps',
  'classNames',
  'signal',
  'onProgress',
];

/**
 * Checks options once, at the door; `undefined` counts as not given.
 * @throws TypeError for an unknown option or a wrong type, RangeError for a value out of range; both name the option
 */
export function checkAttributeOptions(options: AttributeOptions = {}): AttributeOptions {
  return checked(options, attributeNames);
}

/** As `checkAttributeOptions`, for explanations. */
export function checkExplainOptions<Options extends ExplainOptions>(
  options: Options,
  more: string[] = [],
): Options {
  return checked(options, [...Object.keys(checks), ...more]);
}

function checked<Options extends object>(options: Options, known: readonly string[]): Options {
  if (typeof options !== 'object' || options === null) throw new TypeError('options must be an object');
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) throw new TypeError(`unknown option '${name}'; known are ${known.join(', ')}`);
    if (value === undefined) continue;
    checks[name]?.(value, name);
    given[name] = value;
  }
  return given as Options;
}

export function attributionOptions(options: AttributeOptions): AttributionOptions {
  const { tolerance, steps, maxSteps, signal, onProgress } = options;
  return {
    tolerance,
    steps,
    maxSteps,
    signal,
    onProgress: onProgress && ((progress) => onProgress({ phase: 'attribution', ...progress })),
  };
}

function oneOf(...values: readonly string[]) {
  return (value: unknown, name: string) => {
    if (typeof value !== 'string' || !values.includes(value))
      throw wrong(name, value, `one of ${values.join(', ')}`);
  };
}

function number(expected: string, holds: (value: number) => boolean) {
  return (value: unknown, name: string) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value))
      throw wrong(name, value, expected);
  };
}

function whole(least: number, most: number) {
  return number(
    most > 1e15 ? `a whole number of at least ${least}` : `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && value >= least && value <= most,
  );
}

function wrong(name: string, value: unknown, expected: string, type = false): Error {
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  return new (type ? TypeError : RangeError)(`${name} must be ${expected}; got ${shown}`);
}
