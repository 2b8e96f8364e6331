import { imageFileKinds, type FileKind } from '../api/batch.js';
import { option } from '../api/option.js';
import { Type } from '../api/schema.js';
import { badOption } from '../errors.js';

/** Which files are written about every image of a batch. */
export const filesOption = option({
  schema: Type.Array(Type.String()),
  help: `files per image, separated by commas: ${imageFileKinds.join(', ')}; all, or none for the index alone (default: json,certificate,overlay)`,
  calls: [],
  placeholder: 'KINDS',
});

const defaultFiles: readonly FileKind[] = ['json', 'certificate', 'overlay'];

/** @throws RangeError that names --files */
export function fileKindsOf(words: readonly string[] | undefined): readonly FileKind[] {
  if (words === undefined) return defaultFiles;
  if (words.length === 1 && words[0] === 'all') return imageFileKinds;
  if (words.length === 1 && words[0] === 'none') return [];
  const unknown = words.find((word) => !(imageFileKinds as readonly string[]).includes(word));
  if (unknown !== undefined)
    throw badOption('--files', unknown, `some of ${imageFileKinds.join(', ')}, or all, or none`);
  return imageFileKinds.filter((kind) => words.includes(kind));
}
