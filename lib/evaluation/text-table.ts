import type { EvaluatedText, MeasuredText, TextTable, TextTableRow } from '../api/evaluation.js';
import type { RatedMethod } from '../api/methods.js';
import { meanOfKnown } from './mean.js';
import { failures } from './run-evaluation.js';

export function textTable(texts: readonly EvaluatedText[], methods: readonly RatedMethod[]): TextTable {
  const counted = texts.flatMap((text) => (text.methods === undefined ? [] : [text.methods]));
  const rows = methods.map((method): TextTableRow => {
    const measured = counted.map((one) => one[method]!);
    const over = (value: (one: MeasuredText) => number | null | undefined) =>
      meanOfKnown(measured.map(value));
    return {
      method,
      sparsity: over(({ sparsity }) => sparsity),
      sufficiency: over(({ sufficiency }) => sufficiency),
      comprehensiveness: over(({ comprehensiveness }) => comprehensiveness),
      auc: over(({ agreement }) => agreement?.auc),
      f1: over(({ agreement }) => agreement?.f1),
      mae: over(({ agreement }) => agreement?.mae),
      seconds: over(({ seconds }) => seconds),
    };
  });
  const marked = counted.filter((one) => one[methods[0]]?.agreement !== undefined).length;
  return { texts: texts.length, correct: counted.length, marked, failed: failures(texts), rows };
}

/** For people: Markdown. */
export function textTableMarkdown({ texts, correct, marked, rows }: TextTable): string {
  const number = (value: number | null) => (value === null ? '' : value.toFixed(3));
  const lines = rows.map(
    ({ method, sparsity, sufficiency, comprehensiveness, auc, f1, mae, seconds }) =>
      `| ${method} | ${sparsity === null ? '' : `${(100 * sparsity).toFixed(1)} %`} | ${number(sufficiency)} | ` +
      `${number(comprehensiveness)} | ${number(auc)} | ${number(f1)} | ${number(mae)} | ${seconds === null ? '' : `${seconds.toFixed(3)} s`} |`,
  );
  return [
    `The table is over ${correct} of ${texts} texts, of which people marked ${marked}.`,
    '',
    '| method | kept | sufficiency | comprehensiveness | AUC | F1 | MAE | time |',
    '|---|---|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

const columns = [
  'method',
  'sparsity',
  'sufficiency',
  'comprehensiveness',
  'auc',
  'f1',
  'mae',
  'seconds',
] as const;

/** For programs: CSV. */
export function textTableCsv({ rows }: TextTable): string {
  return `${[columns.join(), ...rows.map((row) => columns.map((column) => row[column] ?? '').join())].join('\n')}\n`;
}
