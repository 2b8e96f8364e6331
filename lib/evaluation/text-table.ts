import { mean, meanOfKnown } from './mean.js';
import type { EvaluatedText, MeasuredText, RatedMethod } from './evaluate-texts.js';
import { failures } from './run-evaluation.js';

/** One method's line of the table: means over the texts. */
export interface TextTableRow {
  method: RatedMethod;
  /** Share of the words chosen; null for methods that only score. */
  sparsity: number | null;
  sufficiency: number;
  comprehensiveness: number;
  /** Over the texts that people marked; null where there are none (`auc`: none with marked and unmarked words). */
  auc: number | null;
  f1: number | null;
  mae: number | null;
  seconds: number;
}

export interface TextTable {
  texts: number;
  /** Of them, those that the network reads as their label, or that have none: what the rows are over. */
  correct: number;
  /** Of these, those that people marked. */
  marked: number;
  failed: { file: string; code: string; message: string }[];
  rows: TextTableRow[];
}

export function textTable(texts: readonly EvaluatedText[], methods: readonly RatedMethod[]): TextTable {
  const counted = texts.flatMap((text) => (text.methods === undefined ? [] : [text.methods]));
  const rows = methods.map((method): TextTableRow => {
    const measured = counted.map((one) => one[method]!);
    const over = (value: (one: MeasuredText) => number | null | undefined) =>
      meanOfKnown(measured.map(value));
    return {
      method,
      sparsity: over(({ sparsity }) => sparsity),
      sufficiency: mean(measured.map(({ sufficiency }) => sufficiency)),
      comprehensiveness: mean(measured.map(({ comprehensiveness }) => comprehensiveness)),
      auc: over(({ agreement }) => agreement?.auc),
      f1: over(({ agreement }) => agreement?.f1),
      mae: over(({ agreement }) => agreement?.mae),
      seconds: mean(measured.map(({ seconds }) => seconds)),
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
      `${number(comprehensiveness)} | ${number(auc)} | ${number(f1)} | ${number(mae)} | ${seconds.toFixed(3)} s |`,
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
