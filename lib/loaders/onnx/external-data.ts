import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { SmugError } from '../../errors.js';
import { pathInside } from '../inside-folder.js';
import type { ExternalReader } from './tensors.js';

/**
 * Reads weights kept in files beside the model. Only files inside the model's own folder are opened, also
 * after links are resolved.
 */
export function externalDataBeside(modelPath: string): ExternalReader {
  return (location, offset, length) => {
    const file = pathInside(dirname(modelPath), location, modelPath);
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
