import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { imageEnding } from '../input/image-ending.js';

/**
 * The files that inputs name: a folder stands for the images right inside it, sorted by name. What does not exist
 * and a folder that cannot be read or holds none stay as they are, so that an error is reported in their place.
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
    const names = await readdir(input).catch((): string[] => []);
    const images = names.filter((name) => imageEnding.test(name)).sort();
    files.push(...(images.length > 0 ? images.map((name) => join(input, name)) : [input]));
  }
  return files;
}
