import { readFileSync } from 'node:fs';
import test from 'ava';
import { arrangeText } from '../../../dist/input/text/arrange-words.js';
import { readTokenizer } from '../../../dist/input/text/read-tokenizer.js';

/** What the PyPI packages tokenizers and Keras-Preprocessing make of the same declarations; see fixtures/generate.py. */
const fixtures = JSON.parse(readFileSync(new URL('./fixtures/tokenizers.json', import.meta.url), 'utf8')) as {
  huggingFace: { name: string; tokenizer: object; results: HuggingFaceResult[] }[];
  keras: {
    name: string;
    tokenizer: { config: Record<string, unknown> };
    pad: Record<string, string>;
    results: { text: string; ids: number[]; row: number[] }[];
  }[];
};

interface HuggingFaceResult {
  text: string;
  ids: number[];
  /** Per token its word; null for special tokens and padding. */
  words: (number | null)[];
  /** Per token its place in the text, in code points. */
  spans: [number, number][];
}

for (const { name, tokenizer: stated, results } of fixtures.huggingFace) {
  test(`tokenizer.json, ${name}: indices, words and places as the tokenizers library has them`, (t) => {
    const tokenizer = readTokenizer(stated, name, 'BAD_MODEL');
    for (const { text, ids, words, spans } of results) {
      if (tokenizer.split(text).words.length === 0) {
        t.true(words.every((word, at) => word === null || isSpace(text, spans[at])));
        continue;
      }
      const arranged = arrangeText(text, tokenizer, -1);
      t.deepEqual([...arranged.indices], ids, text);
      // An added token in the text has no word number there, or starts the numbers anew: words are compared by place.
      const place = codePointPlaces(text);
      words.forEach((word, at) => {
        if (word === null || isSpace(text, spans[at])) return;
        const seen = arranged.words[arranged.wordAt[at]];
        t.true(place[seen.start] <= spans[at][0] && spans[at][1] <= place[seen.end], `${text}: ${seen.word}`);
        if (at > 0 && words[at - 1] !== null && !isSpace(text, spans[at - 1]) && arranged.wordAt[at - 1] >= 0)
          t.is(arranged.wordAt[at] === arranged.wordAt[at - 1], word === words[at - 1], text);
      });
    }
  });
}

/** Whether a token is white space alone, which goes with the word behind it. */
function isSpace(text: string, [from, to]: [number, number]): boolean {
  return [...text].slice(from, to).every((char) => /^\p{White_Space}$/u.test(char));
}

/** UTF-16 offset → number of code points before it. */
function codePointPlaces(text: string): number[] {
  const places: number[] = [];
  let point = 0;
  for (const char of text) {
    for (let unit = 0; unit < char.length; unit++) places.push(point);
    point++;
  }
  return [...places, point];
}

for (const { name, tokenizer: stated, pad, results } of fixtures.keras) {
  test(`Keras Tokenizer, ${name}: indices and rows as Keras has them`, (t) => {
    const tokenizer = readTokenizer(stated, name, 'BAD_MODEL');
    const { word_index, ...config } = stated.config;
    const { num_words, filters, lower, split, oov_token } = config;
    const declared = {
      ...{ num_words, filters, lower, split, oov_token, ...pad, maxlen: 6 },
      word_index: JSON.parse(word_index as string) as object,
    };
    const padded = readTokenizer(declared, name, 'BAD_MODEL');
    for (const { text, ids, row } of results) {
      const { words } = tokenizer.split(text);
      t.deepEqual(
        words.flatMap(({ indices }) => indices),
        ids,
        text,
      );
      if (words.length > 0) t.deepEqual([...arrangeText(text, padded, -1).indices], row, text);
    }
  });
}
