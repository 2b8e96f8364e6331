import type { EvaluatedImage, EvaluationTable, TableRow } from '../api/evaluation.js';
import type { ImageMetricName } from '../api/image-metrics.js';
import type { ImageMethodName } from '../api/methods.js';
import { mean, meanOfKnown } from './mean.js';
import { winRates } from './metrics/win-rate.js';
import { failures } from './run-evaluation.js';

/** The paper's table of an evaluation. */
export function evaluationTable(
  images: readonly EvaluatedImage[],
  methods: readonly ImageMethodName[],
  metrics: readonly ImageMetricName[] = [],
): EvaluationTable {
  const counted = images.filter((image) => image.methods !== undefined);
  const wins = winRates(
    counted.map(({ methods: measured }) =>
      Object.fromEntries(methods.map((method) => [method, measured![method]?.lsc ?? NaN])),
    ),
  );
  const rows = methods.map((method): TableRow => {
    // Those that it has something to say of.
    const measured = counted.flatMap((image) => image.methods![method] ?? []);
    return {
      method,
      lsc: spread(measured.map(({ lsc }) => lsc)),
      win: wins[method] ?? null,
      sparsity: meanOfKnown(measured.map(({ sparsity }) => sparsity)),
      proven: meanOfKnown(measured.map(({ proven }) => (proven == null ? null : Number(proven)))),
      shares: measured.flatMap(({ sparsity }) => sparsity ?? []).sort((a, b) => a - b),
      seconds: meanOfKnown(measured.map(({ seconds }) => seconds)),
      metrics: Object.fromEntries(
        metrics.map((name) => [name, meanOfKnown(measured.map((one) => one.metrics?.[name]))]),
      ),
    };
  });
  return {
    images: images.length,
    correct: counted.length,
    failed: failures(images),
    rows,
  };
}

/** The metrics beside the paper's, in the order asked for. */
const furtherMetrics = (rows: readonly TableRow[]) =>
  Object.keys(rows[0]?.metrics ?? {}) as ImageMetricName[];

/** Three decimals, or what is left of a number that these would hide. */
function printed(value: number | null | undefined): string {
  if (value == null) return '';
  return value === 0 || Math.abs(value) >= 0.01 ? value.toFixed(3) : value.toPrecision(2);
}

/** For people: Markdown. */
export function tableMarkdown({ images, correct, rows }: EvaluationTable): string {
  const further = furtherMetrics(rows);
  const number = (value: number | null) => value?.toFixed(2) ?? '';
  const share = (value: number | null) => (value === null ? '' : `${(100 * value).toFixed(1)} %`);
  const lines = rows.map(({ method, lsc, win, sparsity, proven, seconds, metrics }) =>
    [
      method,
      lsc.mean === null ? '' : `${number(lsc.mean)} ± ${number(lsc.deviation)}`,
      lsc.mean === null ? '' : [lsc.lower, lsc.median, lsc.upper].map(number).join(' · '),
      win === null ? '' : `${(100 * win.rate).toFixed(1)} ± ${(100 * win.error).toFixed(1)} %`,
      share(sparsity),
      share(proven),
      seconds === null ? '' : `${seconds.toFixed(2)} s`,
      ...further.map((name) => printed(metrics[name])),
    ].join(' | '),
  );
  return [
    `${correct} of ${images} images are read as their label; the table is over these.`,
    '',
    `| ${['method', 'LSC (lower is better)', 'quartiles', 'wins', 'kept', 'proven', 'time', ...further].join(' | ')} |`,
    `|${'---|'.repeat(7 + further.length)}`,
    ...lines.map((line) => `| ${line} |`),
    '',
  ].join('\n');
}

/** For programs: CSV. */
export function tableCsv({ rows }: EvaluationTable): string {
  const further = furtherMetrics(rows);
  const head =
    'method,lsc_mean,lsc_deviation,lsc_least,lsc_lower,lsc_median,lsc_upper,lsc_most,win_rate,win_error,sparsity,proven,seconds';
  const lines = rows.map(({ method, lsc, win, sparsity, proven, seconds, metrics }) =>
    [
      method,
      ...[lsc.mean, lsc.deviation, lsc.least, lsc.lower, lsc.median, lsc.upper, lsc.most],
      ...[win?.rate, win?.error, sparsity, proven, seconds],
      ...further.map((name) => metrics[name]),
    ]
      .map((value) => value ?? '')
      .join(),
  );
  return `${[[head, ...further.map((name) => name.replaceAll('-', '_'))].join(), ...lines].join('\n')}\n`;
}

function spread(values: readonly number[]): TableRow['lsc'] {
  const sorted = [...values].sort((a, b) => a - b);
  const [least] = sorted;
  const middle = meanOfKnown(values);
  if (middle === null)
    return { mean: null, deviation: null, least: null, lower: null, median: null, upper: null, most: null };
  // Linear between neighbours, as NumPy's default.
  const quantile = (q: number) => {
    const place = q * (sorted.length - 1);
    const low = Math.floor(place);
    return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
  };
  return {
    mean: middle,
    deviation: Math.sqrt(mean(values.map((value) => (value - middle) ** 2))),
    least,
    lower: quantile(0.25),
    median: quantile(0.5),
    upper: quantile(0.75),
    most: sorted.at(-1)!,
  };
}
