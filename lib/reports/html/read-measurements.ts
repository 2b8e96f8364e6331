import { join } from 'node:path';
import {
  evaluatedImage,
  evaluatedText,
  type EvaluatedImage,
  type EvaluatedText,
  type EvaluationTable,
  type TextTable,
} from '../../api/evaluation.js';
import { imageMetricNames } from '../../api/image-metrics.js';
import { imageMethodNames, ratedMethodNames, type ImageMethodName } from '../../api/methods.js';
import {
  sweep,
  sweptEntry,
  sweptGrid,
  type Sweep,
  type SweptImage,
  type SweptOptions,
} from '../../api/sweep.js';
import { sweepDocument } from '../../evaluation/sweep-table.js';
import { evaluationTable } from '../../evaluation/table.js';
import { textTable } from '../../evaluation/text-table.js';
import { shortHeading } from '../method-headings.js';
import { percent } from '../plain-words.js';
import { fits } from './fits.js';
import { readDocument } from './read-document.js';
import { classOf, reported, type ReportedImage } from './reported-image.js';
import { readJournal, type ReadLines } from './read-lines.js';

/** An evaluation of methods on images. */
export interface ReportedEvaluation {
  table: EvaluationTable;
  /** The saliency metric of every image, by method. */
  lsc: { method: ImageMethodName; values: number[] }[];
}

/** What was measured of images and texts, as far as the journal goes. */
export interface Measurements {
  images: ReportedImage[];
  evaluation?: ReportedEvaluation;
  texts?: TextTable;
  sweep?: Sweep;
  faults: string[];
}

/**
 * What `smug evaluate` and `smug sweep` wrote: their journal, as far as it goes, or the document of a sweep that has none. Null where the
 * folder holds neither.
 */
export async function readMeasurements(folder: string): Promise<Measurements | null> {
  const journal = await readJournal(join(folder, 'journal.jsonl'));
  if (journal?.head.evaluation === 1) return evaluationOf(journal);
  if (journal?.head.evaluation === 'texts') return textsOf(journal);
  if (journal?.head.evaluation === 'sweep' && fits(sweptGrid, journal.head.settings)) return sweepOf(journal);
  const document = await readDocument(join(folder, 'sweep.json'));
  if (!fits(sweep, document)) return null;
  return { images: sweptImages(document as Sweep), sweep: document as Sweep, faults: [] };
}

/** The entries of a form, each file's last; and how many have another. */
function entriesOf<Entry extends { file: string }>(journal: ReadLines, schema: object) {
  const good = journal.entries.filter((entry) => fits(schema, entry)) as Entry[];
  const bad = journal.broken + journal.entries.length - good.length;
  const faults = bad > 0 ? [`${bad} lines of the journal are of another form`] : [];
  return { entries: [...new Map(good.map((entry) => [entry.file, entry])).values()], faults };
}

const namesOf = <Name extends string>(names: unknown, known: readonly Name[]): Name[] =>
  known.filter((name) => Array.isArray(names) && names.includes(name));

function evaluationOf(journal: ReadLines): Measurements {
  const { entries, faults } = entriesOf<EvaluatedImage>(journal, evaluatedImage);
  const methods = namesOf(journal.head.methods, imageMethodNames);
  const metrics = namesOf(journal.head.metrics, imageMetricNames);
  const lsc = methods.map((method) => ({
    method,
    values: entries.flatMap((one) => one.methods?.[method]?.lsc ?? []),
  }));
  const images = entries.map(({ file, correct, error, methods: measured }) =>
    reported(file, {
      error: error ? `${error.code}: ${error.message}` : null,
      notes:
        correct || error
          ? []
          : ['The network reads it as another class than its label; it does not count in the table.'],
      tables: measured
        ? [
            {
              heading: 'Methods',
              columns: ['method', 'LSC', 'kept', 'proven', 'time'],
              rows: methods.flatMap((method) => {
                const one = measured[method];
                if (one === undefined) return [];
                const kept = one.sparsity === null ? '' : percent(one.sparsity);
                const proven = one.proven == null ? '' : one.proven ? 'yes' : 'no';
                const seconds = `${one.seconds.toFixed(2)} s`;
                return [[shortHeading(method), one.lsc.toFixed(2), kept, proven, seconds]];
              }),
            },
          ]
        : [],
    }),
  );
  return { images, evaluation: { table: evaluationTable(entries, methods, metrics), lsc }, faults };
}

function textsOf(journal: ReadLines): Measurements {
  const { entries, faults } = entriesOf<EvaluatedText>(journal, evaluatedText);
  const methods = namesOf(journal.head.methods, ratedMethodNames).filter((method) =>
    entries.every((one) => one.methods === undefined || one.methods[method] !== undefined),
  );
  const images = entries.map(({ file, error }) =>
    reported(file, { error: error ? `${error.code}: ${error.message}` : null }),
  );
  return { images, texts: textTable(entries, methods), faults };
}

function sweepOf(journal: ReadLines): Measurements {
  const { entries, faults } = entriesOf<SweptImage>(journal, sweptEntry);
  const settings = journal.head.settings as SweptOptions[];
  const whole = entries.filter(
    (one) => one.swept === undefined || one.swept.settings.length === settings.length,
  );
  const document = sweepDocument(String(journal.head.model), whole, settings);
  return { images: sweptImages(document), sweep: document, faults };
}

function sweptImages({ results, failed }: Sweep): ReportedImage[] {
  return [
    ...results.map(({ file, target, settings }) =>
      reported(file, {
        ...classOf(target),
        tables: [
          {
            heading: 'Sweep',
            columns: [
              'top-k',
              'gamma',
              'window',
              'size',
              'bound',
              'kept',
              'LSC',
              'class kept',
              'status',
              'time',
            ],
            rows: settings.map((one) => [
              ...[one.topK, one.gamma, one.window, one.size, one.lowerBound].map(String),
              percent(one.sparsity),
              one.lsc.toFixed(2),
              one.classKept === null ? '' : one.classKept ? 'yes' : 'no',
              one.status,
              `${one.seconds.toFixed(2)} s`,
            ]),
          },
        ],
      }),
    ),
    ...failed.map(({ file, code, message }) => reported(file, { error: `${code}: ${message}` })),
  ];
}
