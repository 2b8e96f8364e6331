import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { comparison, type ComparisonDocument } from '../../api/comparison.js';
import { shortHeading } from '../method-headings.js';
import { percent } from '../plain-words.js';
import { fits } from './fits.js';
import { readDocument } from './read-document.js';
import { classOf, reported, type ReadImages, type ReportedImage } from './reported-image.js';

const ENDING = '.compare.json';

/** What `smug compare --out` wrote: methods side by side, with the sheet that shows them where it is still there. */
export async function readComparisons(folder: string): Promise<ReadImages> {
  const names = (await readdir(folder)).sort();
  const images: ReportedImage[] = [];
  const faults: string[] = [];
  for (const name of names.filter((one) => one.endsWith(ENDING))) {
    const document = await readDocument(join(folder, name));
    if (!fits(comparison, document)) {
      faults.push(document === null ? `${name} is no JSON` : `${name} has another form`);
      continue;
    }
    const sheet = `${name.slice(0, -ENDING.length)}.compare.png`;
    images.push(
      comparedImage(document as ComparisonDocument, names.includes(sheet) ? join(folder, sheet) : null),
    );
  }
  return { images, faults };
}

function comparedImage({ input, target, methods }: ComparisonDocument, sheet: string | null): ReportedImage {
  const rows: string[][] = [];
  const notes: string[] = [];
  for (const one of methods) {
    if ('error' in one) notes.push(`${shortHeading(one.method)}: ${one.error.message}`);
    else
      rows.push([
        shortHeading(one.method),
        one.lsc.toFixed(2),
        one.kept === null ? '' : percent(one.kept.share),
        `${one.seconds.toFixed(2)} s`,
      ]);
  }
  return reported(
    input,
    {
      ...classOf(target),
      notes,
      tables: [{ heading: 'Side by side', columns: ['method', 'LSC', 'kept', 'time'], rows }],
    },
    sheet === null ? [] : [{ kind: 'methods side by side', path: sheet, sheet: true }],
  );
}
