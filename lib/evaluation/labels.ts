import { readFile } from 'node:fs/promises';
import { SmugError } from '../errors.js';
import { refuseLines } from './wrong-lines.js';

/** A file and the class it is said to be of. */
export interface Label {
  file: string;
  classIndex: number;
}

/**
 * Reads a table of labels: TSV or CSV with a header that has `file` and `class_index`. Every line that is wrong is named, so that
 * a bad file is mended at once.
 * @throws SmugError FILE_NOT_FOUND, BAD_INPUT
 */
export async function readLabels(path: string): Promise<Label[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new SmugError(
      'FILE_NOT_FOUND',
      `The labels ${path} cannot be read; expected TSV or CSV with the columns file and class_index.`,
    );
  });
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const separator = header.includes('\t') ? '\t' : ',';
  const columns = header.split(separator).map((name) => name.trim());
  const [fileAt, indexAt] = ['file', 'class_index'].map((name) => columns.indexOf(name));
  if (fileAt < 0 || indexAt < 0)
    throw new SmugError(
      'BAD_INPUT',
      `${path}: the header must have the columns file and class_index; it is '${header.slice(0, 200)}'.`,
    );
  const wrong: string[] = [];
  const labels: Label[] = [];
  const seen = new Set<string>();
  lines.forEach((line, at) => {
    if (line.trim() === '') return;
    const cells = line.split(separator).map((cell) => cell.trim());
    const file = cells[fileAt] ?? '';
    const index = cells[indexAt] ?? '';
    const fault =
      file === ''
        ? 'no file'
        : !/^\d+$/.test(index)
          ? `class_index '${index}'`
          : seen.has(file)
            ? `${file} again`
            : null;
    if (fault !== null) wrong.push(`line ${at + 2}: ${fault}`);
    else labels.push({ file, classIndex: Number(index) });
    seen.add(file);
  });
  refuseLines(path, wrong);
  if (labels.length === 0) throw new SmugError('BAD_INPUT', `${path} has no labels.`);
  return labels;
}
