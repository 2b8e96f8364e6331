import { SmugError } from '../errors.js';
import { refuseLines } from './wrong-lines.js';

/** What stands between cells: where the header has several, the first of these. */
const SEPARATORS = ['\t', ';', ','];

/**
 * Goes through a table of text, TSV or CSV (RFC 4180: cells that hold separators stand in quotes; semicolons as spreadsheets of many
 * languages write them), whose first line names the columns. Every line that is wrong is named.
 *
 * @param take one line's cells of the columns; returns what is wrong with them, or null
 * @throws SmugError BAD_INPUT
 */
export function readTable(
  path: string,
  text: string,
  columns: readonly string[],
  take: (cells: string[]) => string | null,
): void {
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const separator = SEPARATORS.find((one) => header.includes(one)) ?? ',';
  const names = cellsOf(header, separator) ?? [];
  const places = columns.map((name) => names.indexOf(name));
  if (places.includes(-1))
    throw new SmugError(
      'BAD_INPUT',
      `${path}: the header must have the columns ${columns.slice(0, -1).join(', ')} and ${columns.at(-1)}; it is '${header.slice(0, 200)}'.`,
    );
  const wrong: string[] = [];
  lines.forEach((line, at) => {
    if (line.trim() === '') return;
    const cells = cellsOf(line, separator);
    const fault = cells === null ? 'quotes that do not end' : take(places.map((place) => cells[place] ?? ''));
    if (fault !== null) wrong.push(`line ${at + 2}: ${fault}`);
  });
  refuseLines(path, wrong);
}

/** The cells of a line, without spaces around them; null where quotes do not end. Tabs separate even within quotes. */
function cellsOf(line: string, separator: string): string[] | null {
  if (separator === '\t') return line.split(separator).map((cell) => cell.trim());
  const cells: string[] = [];
  for (let rest = line; ;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*/.exec(rest);
    if (quoted === null && /^\s*"/.test(rest)) return null;
    const end = quoted?.[0].length ?? rest.indexOf(separator);
    const cell = quoted ? quoted[1].replaceAll('""', '"') : rest.slice(0, end < 0 ? undefined : end).trim();
    cells.push(cell);
    if (end < 0 || end >= rest.length) return cells;
    if (rest[end] !== separator) return null;
    rest = rest.slice(end + 1);
  }
}
