import { ofOtherKind, type InputKind } from '../api/used-options.js';
import type { Invocation } from './command.js';
import { flagOf } from './flags.js';

/**
 * What only texts can be asked for is refused where all inputs are images, and the other way; a setting that has no part in them is told.
 * @throws RangeError that names the option
 */
export function refuseOtherKind(
  kind: InputKind,
  command: string,
  { given, json }: Pick<Invocation<unknown>, 'given' | 'json'>,
): void {
  const names = ofOtherKind(kind, given);
  if (json) return;
  const other = kind === 'images' ? 'texts' : 'images';
  for (const name of names)
    process.stderr.write(`${command}: --${flagOf(name)} has no part in ${kind}; it is of ${other}\n`);
}
