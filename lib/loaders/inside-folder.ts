import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { SmugError } from '../errors.js';

/**
 * The real path of a file that a model names, which must lie in the model's own folder, also after links are
 * resolved: a model may not make its reader open other files.
 *
 * @throws SmugError BAD_WEIGHTS when the path leaves the folder, FILE_NOT_FOUND when nothing is there
 */
export function pathInside(folder: string, location: string, modelPath: string): string {
  const outside = () =>
    new SmugError(
      'BAD_WEIGHTS',
      `${modelPath} keeps weights in '${location}', outside its own folder; that is refused.`,
    );
  if (isAbsolute(location) || location.includes('\0')) throw outside();
  const home = realpathSync(folder);
  const named = join(home, location);
  if (leaves(home, named)) throw outside();
  let real: string;
  try {
    real = realpathSync(named);
  } catch (cause) {
    throw new SmugError(
      'FILE_NOT_FOUND',
      `${modelPath} keeps weights in '${location}', which is not there.`,
      { cause },
    );
  }
  if (leaves(home, real)) throw outside();
  return real;
}

function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
}
