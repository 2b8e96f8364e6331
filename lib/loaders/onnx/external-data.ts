import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { SmugError } from '../../errors.js';
import type { ExternalReader } from './tensors.js';

/**
 * Reads weights kept in files beside the model. Only files inside the model's own folder are opened, also
 * after links are resolved.
 */
export function externalDataBeside(modelPath: string): ExternalReader {
  return (location, offset, length) => {
    const folder = realpathSync(dirname(modelPath));
    const file = resolveInside(folder, location, modelPath);
    const handle = openSync(file, 'r');
    try {
      const { size } = fstatSync(handle);
      const wanted = length ?? size - offset;
      if (wanted < 0 || offset + wanted > size)
        throw new SmugError(
          'BAD_WEIGHTS',
          `External data '${location}' has ${size} bytes, but ${modelPath} wants ${wanted} bytes from ${offset}.`,
        );
      const bytes = new Uint8Array(wanted);
      let done = 0;
      // Large reads are cut short by some systems.
      while (done < wanted) {
        const read = readSync(handle, bytes, done, Math.min(wanted - done, 2 ** 30), offset + done);
        if (read === 0) throw new SmugError('BAD_WEIGHTS', `External data '${location}' ended early.`);
        done += read;
      }
      return bytes;
    } finally {
      closeSync(handle);
    }
  };
}

function resolveInside(folder: string, location: string, modelPath: string): string {
  const outside = () =>
    new SmugError(
      'BAD_WEIGHTS',
      `${modelPath} keeps weights in '${location}', outside its own folder; that is refused.`,
    );
  if (isAbsolute(location) || location.includes('\0')) throw outside();
  const named = join(folder, location);
  if (leaves(folder, named)) throw outside();
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
  if (leaves(folder, real)) throw outside();
  return real;
}

function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
}
