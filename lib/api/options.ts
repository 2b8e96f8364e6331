/**
 * Every option of the library and of `smug`, declared once. To add one:
 *
 *  1. Declare it here: name, schema, help, the calls that take it, its default.
 *  2. Use it where the work is done: it arrives, checked and typed, in the settings of those calls.
 *
 * Nothing else: the types of the calls' options, validation and its messages, flags and `--help`, defaults and the
 * JSON Schemas in `dist/schemas` are derived. A name `topK` becomes the flag `--top-k`; a boolean becomes a flag without
 * a value. `default` is stated by `--help`, so the help need not; where the call decides, the help says how.
 * An option that only the command line has (`--out`, `--jobs`) stands in `command-options.ts`; how far an integral is taken, in
 * `quadrature-options.ts`.
 */
import { checkOption, fromEnvironment, readOptions } from './check.js';
import { attributionMethodNames } from './methods.js';
import { option, type Call, type OptionsOf, type SettingsOf } from './option.js';
import { quadratureOptions, refuseIdleStop } from './quadrature-options.js';
import { Type, whole, type Static } from './schema.js';

const isPathOr = (types: (value: object) => boolean) => (value: unknown) =>
  typeof value === 'string' || (typeof value === 'object' && value !== null && types(value));

export const options = {
  // What the model needs to be read and run.
  engine: option({
    schema: Type.Enum(['auto', 'cuda', 'cpu', 'tfjs', 'reference']),
    help: 'what runs the network: auto (default: SMUG_ENGINE, else the fastest there is), cuda, cpu, tfjs or reference',
    calls: ['load', 'capabilities'],
    placeholder: 'E',
    environment: 'SMUG_ENGINE',
  }),
  threads: option({
    schema: whole(1, 1024),
    help: 'threads of the engine and the solver (default: SMUG_THREADS, else one per core; tfjs 8 at most, the wasm solver 1)',
    calls: ['load', 'explain', 'encode', 'solve', 'capabilities'],
    placeholder: 'T',
    environment: 'SMUG_THREADS',
  }),
  precision: option({
    schema: Type.Enum(['f32', 'bf16', 'tf32']),
    help: 'arithmetic of the engine, where it has it: f32, bf16, tf32 (default: tf32 on cuda, else f32)',
    calls: ['load', 'capabilities'],
    placeholder: 'P',
  }),
  memoryBudget: option({
    schema: whole(2 ** 20),
    help: 'bytes for the activations of one run and the gradients it keeps (default: 1 GiB; cuda: an eighth of the device where that is more)',
    calls: ['load', 'capabilities'],
    placeholder: 'BYTES',
  }),
  preprocess: option({
    schema: Type.Unsafe<string | object>(Type.Union([Type.String(), Type.Object({})])),
    help: "preprocessing in the form of Hugging Face's preprocessor_config.json (default: that file beside the model)",
    calls: ['image'],
    placeholder: 'FILE',
    accepts: isPathOr(() => true),
    expected: 'a path or an object in the form of preprocessor_config.json',
  }),
  classNames: option({
    schema: Type.Unsafe<string | readonly string[] | object>(
      Type.Union([Type.String(), Type.Array(Type.String()), Type.Object({})]),
    ),
    help: 'class names: JSON (id2label or a list) or one per line (default: config.json beside the model)',
    calls: ['attribute', 'explain', 'encode', 'predict'],
    placeholder: 'FILE',
    accepts: isPathOr(() => true),
    expected: 'a path, a list of names or an object',
  }),
  tokenizer: option({
    schema: Type.Unsafe<string | object>(Type.Union([Type.String(), Type.Object({})])),
    help: "how a text's words are declared, JSON (default: text_config.json, tokenizer.json or vocab.json beside the model)",
    calls: ['text'],
    placeholder: 'FILE',
    accepts: isPathOr(() => true),
    expected: 'a path or an object in one of the forms that docs/text.md describes',
  }),
  vocabulary: option({
    schema: Type.Unsafe<string | Readonly<Record<string, number>>>(
      Type.Union([Type.String(), Type.Record(Type.String(), Type.Integer())]),
    ),
    help: 'a bare table of words and their indices, JSON, in place of a tokenizer',
    calls: ['text'],
    placeholder: 'FILE',
    accepts: isPathOr((value) => !Array.isArray(value)),
    expected: 'a path or an object from word to index',
  }),
  unknownIndex: option({
    schema: whole(0),
    help: 'index of words that the vocabulary lacks (default: as declared; a bare table: that of [UNK])',
    calls: ['text'],
    placeholder: 'I',
  }),
  paddingIndex: option({
    schema: whole(0),
    help: "index that fills a text up to the model's length (default: as declared; a bare table: that of [PAD], else 0)",
    calls: ['text'],
    placeholder: 'I',
  }),
  lowerCase: option({
    schema: Type.Boolean(),
    help: 'lower-case words before they are looked up (default: as declared; a bare table: true)',
    calls: ['text'],
    libraryOnly: true,
  }),
  threshold: option({
    schema: Type.Number(),
    help: 'sis: what the class, or the value explained, must reach with the words of a subset alone (default: 90 % of what it has on the whole text)',
    calls: ['rate'],
    placeholder: 'P',
  }),
  blankWord: option({
    schema: Type.Enum(['padding', 'unknown']),
    help: 'what stands for a word that is taken away when the whole network reads the rest: padding, or the unknown word',
    calls: ['text'],
    placeholder: 'B',
    default: 'padding',
  }),
  requireClass: option({
    schema: Type.Boolean(),
    help: 'also add cells, or words, by score until the whole network still reads the class (or gives a value on the same side of --relative-to), and report both sizes',
    calls: ['text', 'hide'],
    default: false,
  }),

  // What is asked of the network.
  target: option({
    schema: Type.Union([whole(0), Type.String()]),
    help: 'class index or label to explain (default: the predicted class)',
    calls: ['attribute', 'explain'],
    placeholder: 'CLASS',
    expected: 'a class index from 0, or a label',
  }),
  against: option({
    schema: Type.Union([whole(0), Type.String()]),
    help: 'class index or label: explain what speaks for the class and not for this one, F(class) - F(this one)',
    calls: ['attribute', 'explain'],
    placeholder: 'CLASS',
    expected: 'a class index from 0, or a label',
  }),
  attribution: option({
    schema: Type.Enum(attributionMethodNames),
    help: `how first-layer nodes are scored: ${attributionMethodNames.join(', ')}`,
    calls: ['attribute', 'explain'],
    placeholder: 'METHOD',
    default: 'integrated-gradients',
  }),
  output: option({
    schema: Type.Enum(['auto', 'probability', 'logit', 'value']),
    help: 'what is attributed: probability, logit, or auto: the probability, or the logit where that one is saturated or flat; value: an output as it stands, as a regression gives it',
    calls: ['attribute', 'explain'],
    placeholder: 'KIND',
    default: 'auto',
  }),
  relativeTo: option({
    schema: Type.Number(),
    help: "with --output value: what is explained is the value's distance from R, on its side of it (default: the value itself)",
    calls: ['attribute', 'explain'],
    placeholder: 'R',
  }),
  evidence: option({
    schema: Type.Enum(['auto', 'activation', 'image']),
    help: "what is kept of every chosen node: activation (the paper's: its pre-activation, bias and all), image (what the image tells it, whatever its bias), or auto: activation, unless biases alone meet nine rows of ten",
    calls: ['hide'],
    placeholder: 'KIND',
    default: 'auto',
  }),
  blank: option({
    schema: Type.String({ minLength: 1 }),
    help: "what stands in place of a hidden pixel: zero (0 after preprocessing), mean (the image's own colour), blur, or an image file",
    calls: ['hide'],
    placeholder: 'zero|mean|blur|FILE',
    default: 'zero',
  }),
  reference: option({
    schema: Type.Unsafe<string | readonly number[]>(
      Type.Union([Type.String(), Type.Array(Type.Number({ minimum: 0, maximum: 1 }))]),
    ),
    help: 'sizes to hold the mask against, whose percentile is told: table.json of smug evaluate or index.jsonl of smug batch; an unusually large explanation is a warning',
    calls: ['hide'],
    placeholder: 'FILE',
    accepts: isPathOr(Array.isArray),
    expected: 'a path, or a list of shares from 0 to 1',
  }),
  ...quadratureOptions,
  topK: option({
    schema: Type.Union([whole(1), Type.Enum(['auto'])]),
    help: "first-layer nodes to keep; auto: 0.38 % of the layer, as the paper's 3000 are, at least 100 and at most 3000; of dense layers and on pictures up to 64x64 all up to 3000; text 100",
    calls: ['explain'],
    placeholder: 'K',
    default: 'auto',
  }),
  gamma: option({
    schema: Type.Number({ minimum: 0, exclusiveMaximum: 1 }),
    help: 'fraction of each chosen pre-activation to keep, 0 <= G < 1',
    calls: ['explain'],
    placeholder: 'G',
    default: 0,
  }),
  window: option({
    schema: Type.Union([whole(1, 16_384), Type.Enum(['auto'])]),
    help: 'pixels per side of a mask cell; auto: 1 up to 64x64 inputs, else a 28th of the longer side, 8 at 224; text always 1',
    calls: ['explain'],
    placeholder: 'W',
    default: 'auto',
  }),
  score: option({
    schema: Type.Enum(['sum', 'max']),
    help: 'sum or max of the attributions that reach a pixel',
    calls: ['explain'],
    placeholder: 'RULE',
    default: 'sum',
  }),
  delta: option({
    schema: Type.Number({ minimum: 0, maximum: 1e30 }),
    help: "full-encoding: the class's logit must beat every other one by more than D; at 0, of equal ones the first class counts",
    calls: ['encode'],
    placeholder: 'D',
    default: 0,
  }),

  // How the mask is sought and proven.
  solutions: option({
    schema: whole(1, 1_000_000),
    help: 'distinct masks, best first',
    calls: ['explain', 'solve'],
    placeholder: 'N',
    default: 1,
  }),
  disjoint: option({
    schema: whole(1, 1000),
    help: 'also up to N - 1 further masks, no two with a common cell: each the smallest that keeps every chosen node which the cells left can keep',
    calls: ['explain'],
    placeholder: 'N',
    default: 1,
  }),
  core: option({
    schema: Type.Boolean(),
    help: 'also tell which cells every smallest mask holds, which some do and which none does',
    calls: ['explain', 'solve'],
    default: false,
  }),
  timeLimit: option({
    schema: Type.Number({ minimum: 0 }),
    help: 'seconds of solving per input or of checking a certificate; 0: no limit',
    calls: ['explain', 'encode', 'solve', 'verify'],
    placeholder: 'S',
    default: 60,
    defaults: { solve: 0, verify: 300 },
  }),
  solver: option({
    schema: Type.Enum(['auto', 'native', 'wasm']),
    help: 'what proves: auto (default: SMUG_SOLVER, else native where it is there), native or wasm',
    calls: ['explain', 'solve', 'verify', 'capabilities'],
    placeholder: 'S',
    environment: 'SMUG_SOLVER',
  }),
  confirm: option({
    schema: Type.Enum(['always', 'brief', 'never']),
    help: 'a proof that rests on one prover is confirmed by another: brief (default) gives that, the choice among smallest masks and the core as long again as the proof took, and at least a second',
    calls: ['explain', 'solve'],
    default: 'brief',
    placeholder: 'W',
  }),
  heaviest: option({
    schema: Type.Boolean(),
    help: 'with weights: prefer the heaviest of the smallest masks; left out where the optimum is not proven',
    calls: ['solve'],
    default: true,
    libraryOnly: true,
  }),
  certificate: option({
    schema: Type.Boolean(),
    help: 'also return what the proof rests on, so that a certificate can be written',
    calls: ['explain', 'encode', 'solve'],
    default: false,
    libraryOnly: true,
  }),
  seed: option({
    schema: whole(0, 2 ** 31 - 1),
    help: 'seed of every random choice',
    calls: ['explain', 'solve'],
    placeholder: 'N',
    default: 0,
  }),
  top: option({
    schema: whole(1),
    help: 'classes to list',
    calls: ['predict'],
    placeholder: 'N',
    default: 5,
  }),

  // What is drawn and written.
  plain: option({
    schema: Type.Boolean(),
    help: 'pictures without a legend below them, at the size of the original',
    calls: ['write'],
    default: false,
  }),
  regions: option({
    schema: Type.Boolean(),
    help: 'also write the kept cells merged into connected regions: NAME.regions.svg, and NAME.regions.json with polygons as GeoJSON has them',
    calls: ['write'],
    default: false,
  }),

  // What the library's calls take and no command line can write.
  signal: option({
    schema: Type.Unsafe<AbortSignal>({}),
    help: 'cancels: ABORTED, except while the solver runs, which then gives the best mask and bound it has',
    calls: ['attribute', 'explain', 'encode', 'solve', 'predict', 'verify'],
    libraryOnly: true,
    accepts: (value) => value instanceof AbortSignal,
    expected: 'an AbortSignal',
  }),
  onProgress: option({
    schema: Type.Unsafe<(progress: never) => void>({}),
    help: 'told now and then how far the work is',
    calls: ['attribute', 'explain', 'encode', 'solve', 'verify'],
    libraryOnly: true,
    accepts: (value) => typeof value === 'function',
    expected: 'a function',
  }),
  sharedBatches: option({
    schema: Type.Unsafe<object>({}),
    help: 'a SharedBatches: explanations that are given the same one, and wait together, share batches of the engine',
    calls: ['attribute', 'explain'],
    libraryOnly: true,
    accepts: (value) => typeof (value as { integrate?: unknown } | null)?.integrate === 'function',
    expected: 'a SharedBatches',
  }),
} as const;

/** Options of the given calls, every one of which may be left out. */
export type Options<Calls extends Call> = OptionsOf<typeof options, Calls>;

/** Options of the given calls after the door: checked, with those that have a default filled in. */
export type Settings<Calls extends Call, Progress = never> = Omit<
  SettingsOf<typeof options, Calls>,
  'onProgress'
> & { onProgress?: (progress: Progress) => void };

/**
 * The door of a call: checks what was given, fills in the defaults.
 * @param calls the call, and what else its options say: `image` where it reads an image
 * @throws TypeError or RangeError with the code BAD_OPTION; see `readOptions`
 */
export function settingsFor<const Calls extends readonly Call[], Progress>(
  calls: Calls,
  given: object & { onProgress?: (progress: Progress) => void },
): Settings<Calls[number], Progress> {
  const settings = readOptions(options, calls, given);
  refuseIdleStop(settings);
  return settings as Settings<Calls[number], Progress>;
}

/**
 * What an option that may be `auto` comes to: itself, else what its environment variable says, else `auto`.
 * @throws RangeError that names the option or the variable
 */
export function environmentChoice<Name extends 'engine' | 'solver'>(
  name: Name,
  given: Static<(typeof options)[Name]['schema']> | undefined,
): Static<(typeof options)[Name]['schema']> {
  if (given !== undefined) checkOption(name, options[name], given);
  if (given !== undefined && given !== 'auto') return given;
  return (fromEnvironment(options[name]) ?? 'auto') as Static<(typeof options)[Name]['schema']>;
}

/** What stands in a word's place when it is taken away: the padding, or the unknown word. */
export type BlankWord = Static<typeof options.blankWord.schema>;
