import { readFileSync } from 'node:fs';
import test from 'ava';
import { arrangeText } from '../../../dist/input/text/arrange-words.js';
import { readTokenizer } from '../../../dist/input/text/read-tokenizer.js';

/** What the PyPI package tokenizers makes of its own tokenizers; see fixtures/byte_pairs.py. */
const cases = JSON.parse(readFileSync(new URL('./fixtures/byte-pairs.json', import.meta.url), 'utf8')) as {
  name: string;
  tokenizer: { normalizer: object | null };
  results: {
    text: string;
    /** With special tokens, cut and padded. */
    ids: number[];
    /** Start and end in code points, indices. */
    words: [number, number, number[]][];
  }[];
}[];

for (const { name, tokenizer: stated, results } of cases) {
  test(`byte pairs, ${name}: indices, words and places as the tokenizers library has them`, (t) => {
    const tokenizer = readTokenizer(stated, name, 'BAD_MODEL');
    // The library ends a word before an accent that was composed, and counts no character that the vocabulary lacks.
    const notInPlace = stated.normalizer !== null ? /^\p{M}*$/u : name.endsWith('left out') ? /^\S*$/ : /^$/;
    for (const { text, ids, words } of results) {
      const found = tokenizer.split(text).words;
      const points = (unit: number) => [...text.slice(0, unit)].length;
      t.deepEqual(
        found.map(({ indices }) => indices),
        words.map(([, , indices]) => indices),
        JSON.stringify(text),
      );
      found.forEach(({ start, end }, at) => {
        t.is(points(start), words[at][0], JSON.stringify(text));
        t.regex([...text.slice(0, end)].slice(words[at][1]).join(''), notInPlace, JSON.stringify(text));
        t.true(points(end) >= words[at][1]);
      });
      if (words.length > 0) t.deepEqual([...arrangeText(text, tokenizer, -1).indices], ids, text);
    }
  });
}
