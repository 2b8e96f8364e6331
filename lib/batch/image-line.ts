import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { BatchLine, FileKind } from '../api/batch.js';
import { aborted, isArgumentError, type SmugErrorCode } from '../errors.js';
import { explainImage } from '../explainers/explain-image.js';
import type { ExplainOptions } from '../explainers/options.js';
import { onDisk } from '../files/on-disk.js';
import type { Model } from '../model/model.js';
import { writeExplanationFiles } from '../reports/explanation-files.js';
import { explainedLine } from './batch-line.js';
import { IMAGES } from './folders.js';
import type { BatchImage } from './batch-image.js';
import type { Store } from './store.js';
import { toDisk } from './to-disk.js';

/** Where the files of images go. */
export interface Destination {
  /** Files are written below it; for good where there is no store. */
  folder: string;
  kinds: readonly FileKind[];
  /** Takes the files, which are then removed from the folder. */
  store?: Store;
}

/** What would fail every image that follows as well: work stops, and goes on when that is mended. */
const hopeless: readonly string[] = [
  'FILE_UNWRITABLE',
  'STORE_FAILED',
  'ENGINE_UNAVAILABLE',
  'SOLVER_UNAVAILABLE',
  'MISSING_PART',
  'DEVICE_LOST',
] satisfies SmugErrorCode[];

/** An image's line of the index, and the files about it that a store shall take. */
export interface ImageOutcome {
  line: BatchLine;
  unstored: string[];
}

/**
 * Explains one image, puts its files where they belong, and gives the line of the index. An image that fails is such a line, too.
 * @throws SmugError that would fail every image, ABORTED; TypeError or RangeError that names an option
 */
export async function imageLine(
  model: Model,
  image: BatchImage,
  options: ExplainOptions,
  { folder, kinds, store }: Destination,
): Promise<BatchLine> {
  const outcome = await explainToFiles(model, image, options, { folder, kinds, stored: store !== undefined });
  return storeFiles(outcome, { folder, store });
}

/** Moves the files of an image to their store, where there is one. */
export async function storeFiles(
  { line, unstored }: ImageOutcome,
  { folder, store }: Pick<Destination, 'folder' | 'store'>,
): Promise<BatchLine> {
  if (store !== undefined) for (const file of unstored) await move(file, store, nameBelow(folder, file));
  return line;
}

/**
 * Explains one image and writes its files below the folder: for good, or `stored` for a store that takes them afterwards.
 * @throws as `imageLine`
 */
export async function explainToFiles(
  model: Model,
  image: BatchImage,
  options: ExplainOptions,
  { folder, kinds, stored }: Pick<Destination, 'folder' | 'kinds'> & { stored: boolean },
): Promise<ImageOutcome> {
  const { input, name } = image;
  try {
    const source = (await image.read?.()) ?? input;
    const certificate = kinds.includes('certificate');
    const explanation = await explainImage(model, source, { ...options, certificate });
    explanation.input = input;
    // The solver gives what it has when it is stopped: less than the same call gives undisturbed.
    if (options.signal?.aborted) throw aborted(options.signal);
    if (kinds.length > 0) {
      // What the disk refuses ends the batch, and not this image alone.
      const path = join(folder, IMAGES, name);
      await onDisk(path, () => mkdir(dirname(path), { recursive: true }));
      const listed = stored ? (file: string) => nameBelow(folder, file) : undefined;
      await writeExplanationFiles(explanation, join(folder, IMAGES), { name, kinds, listed });
      if (!stored) await onDisk(path, () => toDisk(explanation.files));
    }
    return { line: explainedLine(image, explanation, folder), unstored: stored ? explanation.files : [] };
  } catch (error) {
    return failedImage(image, error, options.signal);
  }
}

/**
 * What became of an image that failed.
 * @throws the error, where it would fail every image
 */
export function failedImage({ input, name }: BatchImage, error: unknown, signal?: AbortSignal): ImageOutcome {
  if (signal?.aborted || isArgumentError(error)) throw error;
  const { code = 'INTERNAL', message } = error as { code?: string; message: string };
  if (hopeless.includes(code)) throw error;
  return {
    unstored: [],
    line: {
      input,
      name,
      // Bytes have no name of their own.
      error: {
        code: /^[A-Z_]+$/.test(code) ? code : 'INTERNAL',
        message: message.replaceAll('image in memory', input),
      },
    },
  };
}

function nameBelow(folder: string, file: string): string {
  return relative(folder, file).split(sep).join('/');
}

async function move(file: string, store: Store, name: string): Promise<void> {
  await store.write(name, await readFile(file));
  await rm(file);
}
