import type { Sweep, SweptImage, SweptOptions, SweptSetting } from '../api/sweep.js';
import { mean, meanOfKnown } from './mean.js';
import { failures } from './run-evaluation.js';

/** The document of a sweep: means per setting, and every image. */
export function sweepDocument(
  model: string,
  images: readonly SweptImage[],
  settings: readonly SweptOptions[],
): Sweep {
  const results = images.flatMap(({ file, swept }) => (swept ? [{ file, ...swept }] : []));
  const rows = settings.map((setting, at) => {
    const swept = results.map((image) => image.settings[at]);
    const over = (value: (one: SweptSetting) => number | null) => meanOfKnown(swept.map(value));
    return {
      ...setting,
      images: swept.length,
      size: over(({ size }) => size),
      lowerBound: over(({ lowerBound }) => lowerBound),
      sparsity: over(({ sparsity }) => sparsity),
      lsc: over(({ lsc }) => lsc),
      classKept: over(({ classKept }) => (classKept === null ? null : Number(classKept))),
      proven: over(({ status }) => Number(status === 'optimal')),
      seconds: over(({ seconds }) => seconds),
    };
  });
  const attributionSeconds = results.length === 0 ? null : mean(results.map((one) => one.attributionSeconds));
  return { model, images: images.length, failed: failures(images), attributionSeconds, rows, results };
}

/** For people: Markdown, the means per setting. */
export function sweepMarkdown({ images, results, attributionSeconds, rows }: Sweep): string {
  const number = (value: number | null, digits: number) => value?.toFixed(digits) ?? '';
  const share = (value: number | null) => (value === null ? '' : `${(100 * value).toFixed(1)} %`);
  const lines = rows.map((row) =>
    [
      row.topK,
      row.gamma,
      row.window,
      number(row.size, 1),
      number(row.lowerBound, 1),
      share(row.sparsity),
      number(row.lsc, 2),
      share(row.classKept),
      share(row.proven),
      row.seconds === null ? '' : `${row.seconds.toFixed(2)} s`,
    ].join(' | '),
  );
  const shared =
    attributionSeconds === null
      ? ''
      : ` The attribution takes ${attributionSeconds.toFixed(2)} s per image, once for all settings.`;
  const columns =
    'top-k | gamma | window | size | bound | kept | LSC (lower is better) | class kept | proven | time';
  return [
    `Means over ${results.length} of ${images} images.${shared}`,
    '',
    `| ${columns} |`,
    `|${'---|'.repeat(columns.split('|').length)}`,
    ...lines.map((line) => `| ${line} |`),
    '',
  ].join('\n');
}

const columns = [
  'topK',
  'gamma',
  'window',
  'nodes',
  'side',
  'cells',
  'size',
  'lowerBound',
  'sparsity',
  'lsc',
  'classKept',
  'status',
  'seconds',
] as const satisfies readonly (keyof SweptSetting)[];

/** For programs: CSV, a line per image and setting. */
export function sweepCsv({ results }: Sweep): string {
  const head = columns.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  const lines = results.flatMap(({ file, settings }) =>
    settings.map((one) => [csvField(file), ...columns.map((name) => one[name] ?? '')].join()),
  );
  return `${[['file', ...head].join(), ...lines].join('\n')}\n`;
}

/** RFC 4180: names of files may hold anything. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
