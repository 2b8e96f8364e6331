import { SmugError } from '../errors.js';

/**
 * A name inside a bucket or an archive, which files are called by: it must lead nowhere else.
 * @throws SmugError BAD_INPUT for an absolute path and for `.`, `..` and empty parts
 */
export function safeName(name: string, container: string): string {
  const parts = name.split('/');
  const strange = parts.some((part) => part === '' || part === '.' || part === '..');
  if (strange || /^[a-z]:/i.test(name) || name.includes('\\') || name.includes('\0'))
    throw new SmugError(
      'BAD_INPUT',
      `${container} holds ${JSON.stringify(name)}, a name that would lead out of a folder. Nothing of it is read.`,
    );
  return name;
}
