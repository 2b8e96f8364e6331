import { namesFor, option, type Option, type OptionTable, type ValuesOf } from './option.js';
import { options } from './options.js';
import { Type } from './schema.js';

/** What a service is started with, beside the options of loading models. */
export const serviceOptions = {
  model: option({
    schema: Type.Array(Type.String()),
    help: 'a model to serve: NAME=M, or M (named after its file); several times for several. M as for smug explain',
    calls: [],
    placeholder: '[NAME=]M',
    multiple: true,
    expected: 'NAME=M or M',
  }),
  host: option({
    schema: Type.String({ minLength: 1 }),
    help: 'address to listen on; any but a loopback address needs --token or --open',
    calls: [],
    placeholder: 'HOST',
    default: '127.0.0.1',
  }),
  port: option({
    schema: Type.Integer({ minimum: 0, maximum: 65_535 }),
    help: 'port to listen on; 0: any free one, printed',
    calls: [],
    placeholder: 'PORT',
    default: 8080,
  }),
  token: option({
    schema: Type.String({ minLength: 8 }),
    help: 'what clients must send as "Authorization: Bearer TOKEN"',
    calls: [],
    placeholder: 'TOKEN',
    environment: 'SMUG_TOKEN',
  }),
  open: option({
    schema: Type.Boolean(),
    help: 'no token on any address: something in front of the service lets in whom it should',
    calls: [],
    default: false,
  }),
  concurrency: option({
    schema: Type.Integer({ minimum: 1, maximum: 256 }),
    help: 'explanations and solves in work at once: one is attributed while others are proven; on a GPU, where images share batches, 16 or more',
    calls: [],
    placeholder: 'N',
    default: 2,
  }),
  queue: option({
    schema: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    help: 'requests that may wait; one more is told 429 and when to come again',
    calls: [],
    placeholder: 'N',
    default: 64,
  }),
  deadline: option({
    schema: Type.Number({ exclusiveMinimum: 0 }),
    help: 'seconds a request may take, waiting included; clients may ask for less (x-deadline-ms)',
    calls: [],
    placeholder: 'S',
    default: 60,
  }),
  requestTimeout: option({
    schema: Type.Number({ minimum: 0.1, maximum: 86_400 }),
    help: 'seconds that a client has to send a request; a slower one is cut off (408)',
    calls: [],
    placeholder: 'S',
    default: 30,
  }),
  maxBody: option({
    schema: Type.Integer({ minimum: 1024 }),
    help: 'bytes of a request',
    calls: [],
    placeholder: 'BYTES',
    default: 32 * 2 ** 20,
  }),
  maxPixels: option({
    schema: Type.Integer({ minimum: 1 }),
    help: 'pixels of an image',
    calls: [],
    placeholder: 'N',
    default: 50_000_000,
  }),
  maxTopK: option({
    schema: Type.Integer({ minimum: 1 }),
    help: 'first-layer nodes that a request may ask for',
    calls: [],
    placeholder: 'K',
    default: 10_000,
  }),
  maxVariables: option({
    schema: Type.Integer({ minimum: 1 }),
    help: 'variables of a mask problem that is sent to be solved',
    calls: [],
    placeholder: 'N',
    default: 1_000_000,
  }),
  cache: option({
    schema: Type.Integer({ minimum: 0 }),
    help: 'bytes of answers kept in memory for the same question again; 0: none',
    calls: [],
    placeholder: 'BYTES',
    default: 128 * 2 ** 20,
  }),
  cacheFolder: option({
    schema: Type.String({ minLength: 1 }),
    help: 'folder where answers are kept as well, across restarts',
    calls: [],
    placeholder: 'DIR',
  }),
  cacheFolderBytes: option({
    schema: Type.Integer({ minimum: 1 }),
    help: 'bytes of answers in that folder; beyond them the one that nobody asked for the longest goes',
    calls: [],
    placeholder: 'BYTES',
    default: 2 ** 30,
  }),
  drain: option({
    schema: Type.Number({ minimum: 0 }),
    help: 'seconds that accepted requests have to end after SIGTERM',
    calls: [],
    placeholder: 'S',
    default: 60,
  }),
} as const;

export type ServiceOptions = ValuesOf<typeof serviceOptions>;

/** Options that a client may set: none that names a file, an engine or a number of threads of the server's. */
const kept = new Set<string>([
  'target', 'attribution', 'output', 'relativeTo', 'evidence', 'tolerance', 'stop', 'stability', 'strict', 'steps', 'maxSteps', 'topK', 'gamma',
  'window', 'score', 'solutions', 'core', 'timeLimit', 'confirm', 'heaviest', 'seed', 'top', 'blankWord', 'requireClass',
]); // prettier-ignore

/** Where a client may ask for less than the command line: blanks need no file, and nobody keeps the service busy. */
const narrowed: Readonly<Record<string, Option>> = {
  blank: option({ ...options.blank, schema: Type.Enum(['zero', 'mean', 'blur']) }),
  solutions: option({ ...options.solutions, schema: Type.Integer({ minimum: 1, maximum: 1000 }) }),
  steps: option({ ...options.steps, schema: Type.Integer({ minimum: 1, maximum: 10_000 }) }),
  maxSteps: option({ ...options.maxSteps, schema: Type.Integer({ minimum: 1, maximum: 10_000 }) }),
};

const calls = {
  explain: ['explain', 'hide', 'text'],
  attribute: ['attribute'],
  predict: ['predict'],
  solve: ['solve'],
  verify: ['verify'],
} as const;

export type ServiceCall = keyof typeof calls;

/** Names of the options that clients may set in a call. */
export function clientOptions(call: ServiceCall): string[] {
  return namesFor(options, calls[call]).filter(
    (name) => kept.has(name) || (name === 'blank' && call === 'explain'),
  );
}

/** What an option may be where a client sets it. */
export function clientOption(name: string): Option {
  return narrowed[name] ?? (options as OptionTable)[name];
}

/** The JSON Schema of a client's options; what each means is as on the command line. */
function optionsOf(call: ServiceCall) {
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(clientOptions(call).map((name) => [name, clientOption(name).schema])),
  };
}

const model = {
  type: 'string',
  description: 'Name of the model; where one alone is served it may be left out.',
};
const image = { type: 'string', description: 'An image file (PNG, JPEG, WebP), base64.' };
const text = { type: 'string', description: 'For text models.' };

/** Bodies of requests, by call. */
export const requestBodies = {
  explain: {
    type: 'object',
    additionalProperties: false,
    properties: {
      model,
      image,
      text,
      options: optionsOf('explain'),
      certificate: { type: 'boolean', description: 'Also give the certificate, as smug verify reads it.' },
      picture: {
        type: 'boolean',
        description:
          'Images: also give what a picture is drawn from: the part of the image that the model sees, and the score of every cell.',
      },
    },
  },
  attribute: {
    type: 'object',
    additionalProperties: false,
    required: ['image'],
    properties: { model, image, options: optionsOf('attribute') },
  },
  predict: {
    type: 'object',
    additionalProperties: false,
    properties: { model, image, text, options: optionsOf('predict') },
  },
  solve: {
    type: 'object',
    additionalProperties: false,
    required: ['problem'],
    properties: {
      problem: { type: 'object', description: 'A mask problem, as smug solve reads it.' },
      options: optionsOf('solve'),
      certificate: { type: 'boolean', description: 'Also give the certificate, as smug verify reads it.' },
    },
  },
  verify: {
    type: 'object',
    additionalProperties: false,
    required: ['certificate'],
    properties: {
      certificate: { type: 'object' },
      problem: { type: 'object', description: 'The problem that is meant.' },
      options: optionsOf('verify'),
    },
  },
} as const;
