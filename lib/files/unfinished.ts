import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/** A new name beside a file that is being written, `.NAME.<12 hexadecimal digits>.part`. */
export function unfinishedPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
}

/**
 * What an unfinished file was to be called: empty for a probe whether a folder can be written to; undefined for a file that is
 * none of ours.
 */
export function finishedName(name: string): string | undefined {
  const match = /^\.(?:(.+)\.)?[0-9a-f]{12}(?:\.lock)?\.part$/.exec(name);
  return match ? (match[1] ?? '') : undefined;
}
