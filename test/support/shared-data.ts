import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** The folder of test data that stands beside the checkout. */
export const sharedFolder = process.env.SMUG_SHARED ?? join(projectRoot, '..', 'shared');

/** Path inside the folder of test data that stands beside the checkout. */
export function sharedPath(...parts: string[]): string {
  return join(sharedFolder, ...parts);
}
