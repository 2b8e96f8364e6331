import { stat } from 'node:fs/promises';
import type { TextTable } from '../../api/evaluation.js';
import type { Sweep } from '../../api/sweep.js';
import { SmugError } from '../../errors.js';
import { readComparisons } from './read-comparisons.js';
import { readBatch, readExplanations } from './read-explanations.js';
import { readMeasurements, type ReportedEvaluation } from './read-measurements.js';
import { merged, type ReportedImage } from './reported-image.js';

/** Everything that some folders hold about images and texts. */
export interface ReportContents {
  images: ReportedImage[];
  evaluations: ReportedEvaluation[];
  texts: TextTable[];
  sweeps: Sweep[];
  /** What could not be read, a sentence each. */
  faults: string[];
}

/**
 * Reads what `smug explain`, `compare`, `batch`, `evaluate` and `sweep` wrote, several kinds in one folder or in several; what was cut off is read
 * as far as it goes.
 * @throws SmugError FILE_NOT_FOUND, FILE_UNREADABLE; BAD_INPUT for a folder with none of it
 */
export async function readReportFolders(folders: readonly string[]): Promise<ReportContents> {
  const sources: ReportedImage[][] = [];
  const contents: ReportContents = { images: [], evaluations: [], texts: [], sweeps: [], faults: [] };
  for (const folder of folders) {
    await checkFolder(folder);
    const batch = await readBatch(folder);
    const measurements = await readMeasurements(folder);
    const explanations = await readExplanations(folder);
    const comparisons = await readComparisons(folder);
    const documents = [...explanations.images, ...comparisons.images];
    if (batch === null && measurements === null && documents.length === 0)
      throw new SmugError(
        'BAD_INPUT',
        `${folder} holds nothing to report: neither results of smug explain or compare, nor the journal of a batch, an evaluation or a sweep. ` +
          'Give the folder that one of them got as --out.',
      );
    for (const source of [batch, explanations, measurements, comparisons]) {
      if (source === null) continue;
      sources.push(source.images);
      contents.faults.push(...source.faults.map((fault) => `${folder}: ${fault}.`));
    }
    if (measurements?.evaluation) contents.evaluations.push(measurements.evaluation);
    if (measurements?.texts) contents.texts.push(measurements.texts);
    if (measurements?.sweep) contents.sweeps.push(measurements.sweep);
  }
  return { ...contents, images: merged(sources) };
}

async function checkFolder(folder: string): Promise<void> {
  const facts = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
    const missing = cause.code === 'ENOENT' || cause.code === 'ENOTDIR';
    throw new SmugError(
      missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
      missing ? `There is no folder ${folder}.` : `${folder} cannot be read: ${cause.message}.`,
      { cause },
    );
  });
  if (!facts.isDirectory())
    throw new SmugError('BAD_INPUT', `${folder} is a file; give the folder that a command of smug wrote.`);
}
