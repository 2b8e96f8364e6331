// `npm run bench [-- NAME… options]`: runs bench/NAME.mjs (all of them without a name) and prints their tables.
// A benchmark compares with a real rival in the same run; it is not a timed test.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './native-deps.mjs';

const words = process.argv.slice(2);
const known = (await readdir(join(root, 'bench')))
  .filter((name) => name.endsWith('.mjs'))
  .map((name) => name.slice(0, -4));
const named = words.filter((word) => !word.startsWith('-') && known.includes(word));
const args = words.filter((word) => !named.includes(word));
const unknown = args.filter(
  (word) => !word.startsWith('-') && !args[args.indexOf(word) - 1]?.startsWith('-'),
);
if (unknown.length) {
  console.error(`no benchmark named ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  process.exit(2);
}
for (const name of named.length ? named : known) {
  console.error(`bench: ${name}`);
  const { default: bench } = await import(join(root, 'bench', `${name}.mjs`));
  await bench({ args, log: (line) => console.error(`bench: ${line}`) });
}
