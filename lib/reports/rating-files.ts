import { join } from 'node:path';
import type { RatedText } from '../explainers/text/rate-words.js';
import type { ReportOptions } from './explanation-files.js';
import { outputNames } from './file-names.js';
import { textPage } from './text-page.js';
import { ratingView } from './text-views.js';
import { prepareFolder, writeWholeFile } from './write-file.js';

/**
 * Writes what another method than SMUG says of a text into a folder (made if missing): `NAME.METHOD.html`, which shows
 * the words where they stand, and `NAME.METHOD.json`. Records their paths in `rated.files` and returns them.
 *
 * @throws SmugError FILE_UNWRITABLE
 */
export async function writeRatingFiles(
  rated: RatedText,
  folder: string,
  options: ReportOptions = {},
): Promise<string[]> {
  const { input, source, method } = rated;
  const fromText = input === source;
  const name = options.name ?? (fromText ? 'text' : outputNames([input])[0]);
  await prepareFolder(folder);
  const [page, document] = ['html', 'json'].map((ending) => join(folder, `${name}.${method}.${ending}`));
  const title = fromText ? 'A text, rated' : input;
  await writeWholeFile(page, textPage({ title, views: [ratingView(rated, options.truth)] }));
  rated.files = [page, document];
  await writeWholeFile(document, `${JSON.stringify(rated.toJSON(), null, 2)}\n`);
  return rated.files;
}
