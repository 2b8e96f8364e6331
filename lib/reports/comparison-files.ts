import { join } from 'node:path';
import type { MethodComparison } from '../evaluation/compare-methods.js';
import { comparisonSheet } from './comparison-sheet.js';
import { outputNames } from './file-names.js';
import { writePng } from './png.js';
import { prepareFolder, writeWholeFile } from './write-file.js';

/**
 * Writes `NAME.compare.png`, all methods side by side, and `NAME.compare.json` into a folder (made if missing); records their
 * paths in `comparison.files` and returns them.
 * @param options.name what the files are called, without ending. Default: the input's base name
 * @throws SmugError FILE_UNWRITABLE
 */
export async function writeComparisonFiles(
  comparison: MethodComparison,
  folder: string,
  { name = outputNames([comparison.input])[0] }: { name?: string } = {},
): Promise<string[]> {
  await prepareFolder(folder);
  const [sheet, document] = ['png', 'json'].map((ending) => join(folder, `${name}.compare.${ending}`));
  await writePng(sheet, await comparisonSheet(comparison));
  comparison.files = [sheet, document];
  await writeWholeFile(document, `${JSON.stringify(comparison.toJSON(), null, 2)}\n`);
  return comparison.files;
}
