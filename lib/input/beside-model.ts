import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SmugError } from '../errors.js';

/** Where files about a model are looked for: its folder, then the parent of that (Hugging Face keeps ONNX files in `onnx/`). */
export async function foldersOf(modelSource: string): Promise<string[]> {
  const path = resolve(modelSource);
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  const folder = isFolder ? path : dirname(path);
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, parent];
}

/**
 * The first file of a name in some folders; null where none has it.
 * @throws SmugError FILE_UNREADABLE
 */
export async function firstFile(
  folders: string[],
  name: string,
): Promise<{ path: string; text: string } | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      return { path, text: await readFile(path, 'utf8') };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      throw new SmugError('FILE_UNREADABLE', `${path} cannot be read: ${message}.`, { cause: error });
    }
  }
  return null;
}
