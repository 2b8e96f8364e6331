import { askingOptions } from '../api/methods.js';
import {
  ofOtherKind,
  refuseUnused,
  unusedBy,
  type InputKind,
  type OptionsOfMethods,
} from '../api/used-options.js';
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

/**
 * What none of the methods can give is refused, as bad usage and not as a failure of every input; a setting that has no part in them is told.
 * @throws RangeError that names the option
 */
export function refuseUnusedSettings(
  table: OptionsOfMethods,
  methods: readonly string[],
  command: string,
  { given, json }: Pick<Invocation<unknown>, 'given' | 'json'>,
): void {
  refuseUnused(table, methods, given);
  if (json) return;
  for (const { name, users } of unusedBy(table, methods, given))
    if (!askingOptions.includes(name))
      process.stderr.write(
        `${command}: --${flagOf(name)} has no part in ${methods.join(', ')}; it is used by ${users.join(', ')}\n`,
      );
}
