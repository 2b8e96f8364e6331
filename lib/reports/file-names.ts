import { basename, dirname, extname, resolve } from 'node:path';

/** Bytes of a name, so that file systems (255 bytes) take what is put behind it. */
const MOST_BYTES = 180;

/** The files of an input are called by its own name without the extension. */
function stem(input: string): string {
  const name = basename(input, extname(input));
  return name === '' ? 'input' : short(name);
}

/** A name cut behind a whole character. */
function short(name: string): string {
  if (Buffer.byteLength(name) <= MOST_BYTES) return name;
  let [cut, bytes] = ['', 0];
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > MOST_BYTES) break;
    cut += character;
  }
  return cut;
}

/**
 * One distinct name an input, for the files written about it: `x` for `a/x.png`. Where several inputs would
 * share a name each takes more of its own path until they differ: `x.png` and `x.jpg`, `a-x.png` and `b-x.png`,
 * in the last resort (the same file twice) `x-2`. Compared without regard to case, as some file systems do.
 */
export function outputNames(inputs: readonly string[]): string[] {
  const paths = inputs.map((input) => resolve(input));
  const candidates: ((path: string) => string)[] = [
    stem,
    (path) => short(basename(path)),
    (path) => short(`${basename(dirname(path))}-${basename(path)}`),
  ];
  const names = new Array<string>(paths.length);
  let open = paths.map((_, i) => i);
  const taken = new Set<string>();
  for (const candidate of candidates) {
    const proposals = new Map<string, number[]>();
    for (const i of open) {
      const key = candidate(paths[i]).toLowerCase();
      proposals.set(key, [...(proposals.get(key) ?? []), i]);
    }
    for (const [key, sharing] of proposals) {
      if (sharing.length > 1 || taken.has(key)) continue;
      names[sharing[0]] = candidate(paths[sharing[0]]);
      taken.add(key);
    }
    open = open.filter((i) => names[i] === undefined);
  }
  for (const i of open) {
    let name = stem(paths[i]);
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${stem(paths[i])}-${count}`;
    taken.add(name.toLowerCase());
    names[i] = name;
  }
  return names;
}
