import { SmugError } from '../errors.js';

/** Lines that are named; of more the number is enough. */
const NAMED = 10;

/**
 * Names lines that are wrong, so that a bad file is mended at once.
 * @param wrong what each is, with its number
 * @throws SmugError BAD_INPUT where there are any
 */
export function refuseLines(path: string, wrong: readonly string[]): void {
  if (wrong.length === 0) return;
  const more = wrong.length > NAMED ? '; …' : '';
  throw new SmugError(
    'BAD_INPUT',
    `${path}: ${wrong.length} ${wrong.length === 1 ? 'line is' : 'lines are'} wrong: ${wrong.slice(0, NAMED).join('; ')}${more}.`,
  );
}
