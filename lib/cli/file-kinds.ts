import { imageFileKinds, usualFileKinds, type FileKind } from '../api/batch.js';
import { badOption } from '../errors.js';

/**
 * Which files are written about every image of a batch.
 * @throws RangeError that names --files
 */
export function fileKindsOf(words: readonly (FileKind | 'all' | 'none')[] | undefined): readonly FileKind[] {
  if (words === undefined) return usualFileKinds;
  const whole = words.find((word) => word === 'all' || word === 'none');
  if (whole === undefined) return imageFileKinds.filter((kind) => words.includes(kind));
  if (words.length > 1) throw badOption('--files', words.join(','), `${whole} alone, or some kinds`);
  return whole === 'all' ? imageFileKinds : [];
}
