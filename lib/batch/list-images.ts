import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { SmugError } from '../errors.js';
import { archiveImages } from './archives.js';
import type { BatchImage } from './batch-image.js';
import { bucketImages, isBucketUrl } from './bucket-images.js';
import { imageEnding } from '../input/image-ending.js';
import type { Store } from './store.js';

const globSign = /[*?[\]{}]/;

export interface BatchList {
  /** The folder that holds all images. */
  root: string;
  images: BatchImage[];
  /** Hash of the names in their order: whoever counts on positions in the list compares it. */
  digest: string;
  /** Lets go of the archives that images are read from. */
  close(): void;
}

/**
 * The images of a batch, every file once, in the order of the inputs and of names inside each.
 *
 * @param inputs images; folders, for all PNG, JPEG and WebP files below them; archives (`archiveImages`); globs in quotes (`photos/2026-*.jpg`); `@FILE`, for the
 *   inputs that a file lists, one per line (or separated by NUL, as `find -print0` writes them); `-`, for such a list on
 *   standard input; `s3://BUCKET/PREFIX/` or an image there. A path that does not exist stays in the list, so that it is reported as an image that failed.
 * @param open opens a bucket
 * @param results the batch's own folder: what it wrote is no input, also where it lies among the images
 * @throws SmugError FILE_NOT_FOUND, FILE_UNREADABLE for a list or folder; BAD_INPUT where there is no image
 */
export async function listImages(
  inputs: readonly string[],
  results: string,
  open?: (bucket: string) => Promise<Store>,
): Promise<BatchList> {
  const files = new Map<string, Omit<BatchImage, 'name'>>();
  const roots = new Set<string>();
  const closing: (() => void)[] = [];
  const own = join(resolve(results), sep);
  const add = (input: string) => {
    const path = resolve(input);
    if (!files.has(path) && !path.startsWith(own)) files.set(path, { input });
  };
  for await (const input of listed(inputs)) {
    if (open && isBucketUrl(input)) {
      const { root, images } = await bucketImages(input, open);
      roots.add(root);
      for await (const { path, ...image } of images) if (!files.has(path)) files.set(path, image);
      continue;
    }
    const facts = await stat(input).catch(() => null);
    if (facts?.isDirectory()) {
      roots.add(resolve(input));
      for (const file of await imagesBelow(input)) add(file);
      continue;
    }
    const archive = facts === null ? undefined : await archiveImages(input);
    if (archive) {
      closing.push(archive.close);
      roots.add(resolve(input));
      for (const { path, ...image } of archive.images) if (!files.has(path)) files.set(path, image);
      continue;
    }
    const matches = facts === null && globSign.test(input) ? await matching(input) : [input];
    for (const file of matches) {
      roots.add(dirname(resolve(file)));
      add(file);
    }
  }
  if (files.size === 0)
    throw new SmugError('BAD_INPUT', `There are no PNG, JPEG or WebP files in ${inputs.join(', ')}.`);
  const root = sharedFolder([...roots]);
  const hash = createHash('sha256');
  const images = [...files].map(([path, image]) => {
    const name = relative(root, path).split(sep).join('/');
    hash.update(`${name}\0`);
    return { ...image, name };
  });
  return { root, images, digest: hash.digest('hex'), close: () => closing.forEach((close) => close()) };
}

/** The inputs with those that lists hold in the lists' place. */
async function* listed(inputs: readonly string[]): AsyncGenerator<string, void, void> {
  for (const input of inputs) {
    const exists = input.startsWith('@') && (await stat(input).catch(() => null)) !== null;
    if (input === '-') yield* linesOf((await buffer(process.stdin)).toString('utf8'));
    else if (input.startsWith('@') && !exists) yield* linesOf(await readList(input.slice(1)));
    else yield input;
  }
}

async function readList(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new SmugError(
      missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
      missing ? `There is no list ${path}.` : `The list ${path} cannot be read: ${message}.`,
      { cause },
    );
  }
}

function linesOf(list: string): string[] {
  const lines = list.includes('\0') ? list.split('\0') : list.replace(/^\uFEFF/, '').split(/\r?\n/);
  return lines.filter((line) => line.trim() !== '');
}

/** Files below a folder by name; hidden files and folders are left out, links are followed to files only. */
async function imagesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    throw new SmugError('FILE_UNREADABLE', `The folder ${folder} cannot be read: ${cause.message}.`, {
      cause,
    });
  });
  const shown = entries.filter(({ name }) => !name.startsWith('.'));
  // By code units, whatever the machine's language: every shard must see the same order.
  shown.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of shown) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) for (const file of await imagesBelow(path)) files.push(file);
    else if (imageEnding.test(entry.name)) files.push(path);
  }
  return files;
}

async function matching(pattern: string): Promise<string[]> {
  // Only whoever asks for it loads it.
  const { glob } = await import('tinyglobby');
  const files = await glob(pattern, { expandDirectories: false, followSymbolicLinks: false });
  if (files.length === 0) throw new SmugError('FILE_NOT_FOUND', `No file matches ${pattern}.`);
  return files.filter((file) => imageEnding.test(file)).sort((a, b) => (a < b ? -1 : 1));
}

/** The deepest folder that holds all of some folders. */
function sharedFolder(folders: readonly string[]): string {
  let shared = folders[0].split(sep);
  for (const folder of folders) {
    const parts = folder.split(sep);
    const differs = shared.findIndex((part, at) => part !== parts[at]);
    if (differs >= 0) shared = shared.slice(0, differs);
  }
  return shared.join(sep) || sep;
}
