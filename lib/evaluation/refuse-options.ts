import { badOption } from '../errors.js';

/** What one explanation can be asked for and a comparison of many has no place for. */
const ofOne = ['against', 'disjoint', 'reference'] as const;

/**
 * Options that would change nothing are an error, not silence.
 * @throws RangeError that names the option
 */
export function refuseOptionsOfOne(options: Partial<Record<(typeof ofOne)[number], unknown>>): void {
  for (const name of ofOne) {
    const value = options[name];
    if (value !== undefined && !(name === 'disjoint' && value === 1))
      throw badOption(name, value, 'left out here: it is of single explanations (smug explain)');
  }
}
