import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SmugError } from '../errors.js';

const imageEnding = /\.(png|jpe?g|webp)$/i;

/**
 * The files that inputs name: a folder stands for the images right inside it, sorted by name. What does not exist
 * stays as it is, so that its own error is reported in its place.
 * @throws SmugError FILE_NOT_FOUND for a folder without images
 */
export async function expandInputs(inputs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const input of inputs) {
    const isFolder = await stat(input).then(
      (facts) => facts.isDirectory(),
      () => false,
    );
    if (!isFolder) {
      files.push(input);
      continue;
    }
    const names = (await readdir(input)).filter((name) => imageEnding.test(name)).sort();
    if (names.length === 0)
      throw new SmugError('FILE_NOT_FOUND', `Folder ${input} holds no PNG, JPEG or WebP file.`);
    files.push(...names.map((name) => join(input, name)));
  }
  return files;
}
