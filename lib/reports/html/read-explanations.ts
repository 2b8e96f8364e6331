import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchLine } from '../../api/batch.js';
import { batchLine } from '../../api/batch.js';
import { explanation, type ExplanationDocument } from '../../api/explanation.js';
import { explainedImage, pictureEndings } from './explained-image.js';
import { fits } from './fits.js';
import { readDocument } from './read-document.js';
import { reported, type ReadImages, type ReportedImage } from './reported-image.js';
import { readJournal, readJsonLines } from './read-lines.js';

/** Files of JSON that are no results. */
const OTHER = /\.(certificate|regions|compare)\.json$/;

/** The results that `smug explain --out` wrote: every JSON file of their form right inside the folder. */
export async function readExplanations(folder: string): Promise<ReadImages> {
  const names = (await readdir(folder)).sort();
  const there = new Set(names);
  const images: ReportedImage[] = [];
  const faults: string[] = [];
  for (const name of names.filter((one) => one.endsWith('.json') && !OTHER.test(one))) {
    const document = await readDocument(join(folder, name));
    if (document === null) faults.push(`${name} is no JSON`);
    if (!fits(explanation, document)) continue;
    const stem = name.slice(0, -'.json'.length);
    const files = pictureEndings().map((ending) => `${stem}${ending}`);
    const paths = files.filter((file) => there.has(file)).map((file) => join(folder, file));
    images.push(explainedImage(document as ExplanationDocument, paths));
  }
  return { images, faults };
}

/**
 * The images of `smug batch`, from its index and, where it is not finished or has grown, from its journal or those of its shards.
 * Null where the folder holds no batch.
 */
export async function readBatch(folder: string): Promise<ReadImages | null> {
  const lines = new Map<string, BatchLine>();
  let broken = 0;
  const take = (entries: readonly unknown[]) => {
    for (const entry of entries) {
      if (fits(batchLine, entry)) lines.set((entry as BatchLine).name, entry as BatchLine);
      else broken++;
    }
  };
  const index = await readJsonLines(join(folder, 'index.jsonl'));
  take(index.entries);
  broken += index.broken;
  let found = index.entries.length > 0;
  const shards = await readdir(join(folder, 'shards')).catch(() => []);
  for (const own of ['', ...shards.sort().map((name) => join('shards', name))]) {
    const journal = await readJournal(join(folder, own, 'journal.jsonl'));
    if (journal === null || !('batch' in journal.head)) continue;
    found = true;
    take(journal.entries);
    broken += journal.broken;
  }
  if (!found) return null;
  const images: ReportedImage[] = [];
  for (const line of lines.values()) images.push(await batchImage(folder, line));
  const faults = broken > 0 ? [`${broken} lines of the batch are of another form`] : [];
  return { images, faults };
}

async function batchImage(folder: string, line: BatchLine): Promise<ReportedImage> {
  if ('error' in line) return reported(line.name, { error: `${line.error.code}: ${line.error.message}` });
  const paths = line.files.map((file) => join(folder, file));
  const result = paths.find((path) => path.endsWith('.json') && !OTHER.test(path));
  const document = result === undefined ? null : await readDocument(result);
  const { parameters } = fits(explanation, document) ? (document as ExplanationDocument) : {};
  return explainedImage({ ...line, input: line.name, ...(parameters && { parameters }) }, paths);
}
