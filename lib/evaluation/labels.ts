import { readFile } from 'node:fs/promises';
import { SmugError } from '../errors.js';
import { readTable } from './read-table.js';

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
  const labels: Label[] = [];
  const seen = new Set<string>();
  readTable(path, text, ['file', 'class_index'], ([file, index]) => {
    if (file === '') return 'no file';
    if (!/^\d+$/.test(index)) return `class_index '${index}'`;
    if (seen.has(file)) return `${file} again`;
    seen.add(file);
    labels.push({ file, classIndex: Number(index) });
    return null;
  });
  if (labels.length === 0) throw new SmugError('BAD_INPUT', `${path} has no labels.`);
  return labels;
}

/**
 * That a network has the class of a label.
 * @throws SmugError UNKNOWN_CLASS
 */
export function checkLabel(classIndex: number, classes: number): void {
  if (classIndex >= classes)
    throw new SmugError(
      'UNKNOWN_CLASS',
      `The label is class ${classIndex}; the network has ${classes} classes, 0 to ${classes - 1}.`,
    );
}
