import { createRequire } from 'node:module';
import type { Sharp, SharpOptions } from 'sharp';
import { SmugError } from '../errors.js';

interface MakeSharp {
  (input: Uint8Array, options: SharpOptions): Sharp;
  (options: SharpOptions): Sharp;
}

/**
 * The decoder and encoder of pictures, loaded when the first one is met: solving, and explaining raw pixels, work where
 * it cannot be loaded.
 * @throws SmugError MISSING_PART with what to do
 */
export function loadSharp(): MakeSharp {
  try {
    // Its ES module imports JSON, of which Node before 20.18 warns in every process.
    return createRequire(import.meta.url)('sharp') as MakeSharp;
  } catch (error) {
    const [line, next = ''] = (error as Error).message.split('\n');
    throw new SmugError(
      'MISSING_PART',
      `Picture files need sharp, which cannot be loaded here: ${line.replace(/\.$/, '')} (${next.replace(/\.$/, '')}). ` +
        'Install it with `npm install --include=optional sharp`, allow addons (`--allow-addons` under `--permission`), ' +
        'or give pixels instead of a file.',
      { cause: error },
    );
  }
}
