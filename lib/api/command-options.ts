/**
 * Options that only a command of `smug` has, by command; those of the library's calls, which it takes beside them, stand in
 * `options.ts`. A name `contactSheet` becomes the flag `--contact-sheet`, as there.
 */
import { imageFileKinds, usualFileKinds } from './batch.js';
import { imageMetricNames } from './image-metrics.js';
import { imageMethodNames, textMethodNames, usualImageMethodNames } from './methods.js';
import { option, type OptionTable, type ValuesOf } from './option.js';
import { Type } from './schema.js';
import { serviceOptions } from './service.js';
import { sweepOptions } from './sweep.js';
import { VERDICTS } from './verdict.js';

/** Methods of images that need nothing but image and network, beside SMUG. */
const freeMethods = usualImageMethodNames.filter((name) => name !== 'smug');

const anyMethod = Type.Enum([...new Set([...imageMethodNames, ...textMethodNames])]);

const model = option({
  schema: Type.String(),
  help: 'model: an .onnx file, a model.json, a folder with one, or builtin:mnist-cnn, builtin:mnist-fc, builtin:reviews-cnn (texts)',
  calls: [],
  placeholder: 'M',
});

const jobs = option({
  schema: Type.Integer({ minimum: 1 }),
  help: 'images in flight at once, which share threads and the device (default: one per thread and one more)',
  calls: [],
  placeholder: 'N',
});

const files = option({
  schema: Type.Array(Type.Enum([...imageFileKinds, 'all', 'none'] as const)),
  help: `files per image, separated by commas: ${imageFileKinds.join(', ')}; all, or none for the index alone (default: ${usualFileKinds.join(',')})`,
  calls: [],
  placeholder: 'KINDS',
});

/** A word that a folder, a file or a place stands for. */
const place = (help: string, placeholder: string) =>
  option({ schema: Type.String({ minLength: 1 }), help, calls: [], placeholder });

const flag = (help: string) => option({ schema: Type.Boolean(), help, calls: [] });

/** What a journal has as failed is else kept as it is. */
const retry = flag('take up again what failed before');

/** What every command of the queue must be told. */
const queue = {
  redis: option({
    schema: Type.String({ pattern: '^rediss?://.' }),
    help: 'Redis or Valkey: redis://HOST:PORT, rediss:// for TLS; SMUG_REDIS stands in',
    calls: [],
    placeholder: 'URL',
    environment: 'SMUG_REDIS',
    default: 'redis://127.0.0.1:6379',
    expected: 'redis://HOST:PORT or rediss://HOST:PORT',
  }),
  queue: option({
    schema: Type.String({ pattern: '^[\\w.-]{1,100}$' }),
    help: 'name of the queue there',
    calls: [],
    placeholder: 'NAME',
    default: 'smug',
    expected: 'a name of letters, digits, ., - and _',
  }),
};

/** Options of all commands. */
export const commonOptions = {
  json: flag('print one JSON document on stdout, nothing else there; an error is one JSON line on stderr'),
  help: flag('print this text (also -h)'),
};

export const commandOptions = {
  explain: {
    model,
    out: place('write mask, heat map, overlay, arrays, certificate and JSON there', 'DIR'),
    jobs: option({
      schema: Type.Integer({ minimum: 1 }),
      help: 'inputs in flight at once, which share threads and the device',
      calls: [],
      placeholder: 'N',
      default: 1,
    }),
    method: option({
      schema: anyMethod,
      help: `smug, or what it is compared with; images: ${freeMethods.join(', ')}; texts: ${textMethodNames.join(', ')}`,
      calls: [],
      placeholder: 'NAME',
      default: 'smug',
    }),
    contactSheet: place(
      'a PNG with input, mask, heat map and core of every image, 30 rows to a sheet',
      'FILE.png',
    ),
    truth: place(
      'JSON: what people marked in a text as the reason, as [start, end] or as phrases; its page underlines them',
      'FILE',
    ),
    lines: flag(
      'every line of the inputs is a text; answers come line by line, with --json one document each',
    ),
  },
  batch: {
    model,
    out: place('index.jsonl, summary.json, journal.jsonl and images/ go there', 'DIR'),
    files,
    jobs,
    shard: option({
      schema: Type.String({ pattern: '^\\d{1,9}/\\d{1,9}$' }),
      help: 'do one of n parts, i from 1 (default: as JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID says, else everything)',
      calls: [],
      placeholder: 'I/N',
      expected: 'i/n with i from 1 to n, as 1/4',
    }),
    shards: option({
      schema: Type.Integer({ minimum: 1 }),
      help: 'number of parts, where the environment says which one this is (default: JOB_COMPLETIONS, SLURM_ARRAY_TASK_COUNT)',
      calls: [],
      placeholder: 'N',
    }),
    store: place(
      'a folder or s3://BUCKET/PREFIX that takes index, results and files, and knows what is finished; DIR keeps the journal',
      'URL',
    ),
    retry,
  },
  submit: {
    model,
    out: place('a folder that all workers share, or s3://BUCKET/PREFIX: results go there', 'PLACE'),
    files,
    ...queue,
    tries: option({
      schema: Type.Integer({ minimum: 1, maximum: 100 }),
      help: 'how often an image is begun, or given back, before it is set aside with its error',
      calls: [],
      placeholder: 'N',
      default: 3,
    }),
    backlog: option({
      schema: Type.Integer({ minimum: 1 }),
      help: 'images that wait in the queue at most; this command waits instead. Redis needs about 1 KB for each',
      calls: [],
      placeholder: 'N',
      default: 100_000,
    }),
    retry: flag('take up images again that failed or were set aside'),
  },
  worker: {
    ...queue,
    jobs,
    lock: option({
      schema: Type.Number({ minimum: 1 }),
      help: 'seconds after which the images of a worker that died are done by others; more than the time limit per image',
      calls: [],
      placeholder: 'S',
      default: 90,
    }),
    drain: flag('end when the queue is empty'),
    rate: option({
      schema: Type.Number({ exclusiveMinimum: 0 }),
      help: 'images per second that all workers of the queue begin at most; the same for all of them (default: no bound)',
      calls: [],
      placeholder: 'N',
    }),
    model: place('where the model is on this machine (default: where the batch says)', 'M'),
  },
  status: {
    ...queue,
    watch: flag(
      'again every two seconds, until nothing waits or is in work; with --json one document per line',
    ),
    prometheus: flag("in Prometheus' text format, as its node exporter reads it from a file"),
  },
  compare: {
    model,
    methods: option({
      schema: Type.Array(Type.Enum(imageMethodNames), { minItems: 1 }),
      help: `which, separated by commas: ${imageMethodNames.join(', ')} (default: all that need only image and network)`,
      calls: [],
      placeholder: 'NAMES',
    }),
    out: place('write NAME.compare.png and NAME.compare.json there', 'DIR'),
  },
  evaluate: {
    model,
    labels: place('TSV or CSV with a header: file and class_index; texts may do without', 'FILE'),
    methods: option({
      schema: Type.Array(anyMethod, { minItems: 1 }),
      help: `which, separated by commas: ${imageMethodNames.join(', ')}; of texts smug, ${textMethodNames.join(', ')} (default: all)`,
      calls: [],
      placeholder: 'NAMES',
    }),
    metrics: option({
      schema: Type.Array(Type.Enum(imageMetricNames)),
      help: `what is measured of images beside the paper's table: ${imageMetricNames.join(', ')}`,
      calls: [],
      placeholder: 'NAMES',
    }),
    truth: place(
      "where the objects of images are, for ground-truth and the metrics that need it: a folder of Pascal VOC's .xml, a COCO .json, or TSV or CSV with file, left, top, right, bottom",
      'PATH',
    ),
    out: place('the table and the journal go there', 'DIR'),
    retry,
  },
  sweep: {
    model,
    out: place('sweep.json, sweep.csv, sweep.md and the journal go there', 'DIR'),
    retry,
    ...sweepOptions,
  },
  report: {
    out: place('the page (default: report.html in the first folder)', 'FILE.html'),
    title: option({
      schema: Type.String(),
      help: 'heading of the page (default: the names of the folders)',
      calls: [],
      placeholder: 'TEXT',
    }),
  },
  solve: { out: place('write the solution and its certificate there', 'DIR') },
  attribute: {
    model,
    out: place("write the scores there, float32 in the model file's own layout", 'FILE.npy'),
  },
  predict: { model },
  verify: {
    model: { ...model, help: `full encodings: the ${model.help}` },
    problem: place('the mask problem that is meant: the certificate must be about it', 'FILE'),
    atLeast: option({
      schema: Type.Enum(VERDICTS.filter((verdict) => verdict !== 'refused')),
      help: 'the weakest verdict that is no failure: verified-exact, verified-by-two-provers, one-prover or not-checked',
      calls: [],
      placeholder: 'VERDICT',
      default: 'not-checked',
    }),
  },
  serve: serviceOptions,
  doctor: {
    verbose: flag("also how many of a model's layers run on which of the engine's kernels"),
    model: { ...model, default: 'builtin:mnist-cnn' },
  },
} satisfies Readonly<Record<string, OptionTable>>;

type CommandName = keyof typeof commandOptions;

/** Values of a command's own options: those with a default are there, and those that it says are required. */
export type OwnOptions<
  Name extends CommandName,
  Required extends keyof (typeof commandOptions)[Name] = never,
> = ValuesOf<(typeof commandOptions)[Name], Required>;
