import { prefixed, sliceChars, type AlignedText } from './aligned-text.js';
import type { Declaration } from './declaration.js';

/** Cuts a normalised text into words; what is in none of them is dropped. */
export type PreTokenizer = (text: AlignedText) => AlignedText[];

/** What becomes of a character: it belongs to a word, is a word of its own, joins others of its kind, or is dropped. */
type Part = 'word' | 'alone' | 'kind' | 'dropped';

const WHITE_SPACE = /^\p{White_Space}$/u;
const PUNCTUATION = /^[!-/:-@[-`{-~\p{P}]$/u;
const NUMERIC = /^\p{N}$/u;
/** Unicode's word characters, as the regex crate's \w has them. */
const WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;

const readers: Record<string, (stated: Declaration) => PreTokenizer> = {
  BertPreTokenizer: () =>
    cutBy((char) => (WHITE_SPACE.test(char) ? 'dropped' : PUNCTUATION.test(char) ? 'alone' : 'word')),
  Whitespace: () => cutBy((char) => (WHITE_SPACE.test(char) ? 'dropped' : WORD.test(char) ? 'word' : 'kind')),
  WhitespaceSplit: () => cutBy((char) => (WHITE_SPACE.test(char) ? 'dropped' : 'word')),
  Punctuation: (stated) => {
    const behavior = stated.text('behavior', 'Isolated');
    const parts: Record<string, Part> = { Isolated: 'alone', Removed: 'dropped', Contiguous: 'kind' };
    if (!Object.hasOwn(parts, behavior)) throw stated.unsupported(`behavior ${behavior}`, Object.keys(parts));
    return cutBy((char) => (PUNCTUATION.test(char) ? parts[behavior] : 'word'));
  },
  Digits: (stated) => {
    const digit: Part = stated.flag('individual_digits', false) ? 'alone' : 'kind';
    return cutBy((char) => (NUMERIC.test(char) ? digit : 'word'));
  },
  ByteLevel: (stated) => {
    const space = stated.flag('add_prefix_space', true);
    if (!stated.flag('use_regex', true)) throw stated.fault('"use_regex": false is not supported');
    return (text) => cutAtSpaces(space && text.chars[0] !== ' ' ? prefixed(text, ' ') : text);
  },
  Sequence: (stated) => {
    const steps = stated.objects('pretokenizers').map(readPreTokenizer);
    return (text) => steps.reduce((words, step) => words.flatMap(step), [text]);
  },
};

/** @throws SmugError for a pre-tokenizer that is not supported */
export function readPreTokenizer(stated: Declaration): PreTokenizer {
  const { type } = stated;
  if (!Object.hasOwn(readers, type)) throw stated.unsupported(`pre_tokenizer ${type}`, Object.keys(readers));
  return readers[type](stated);
}

/** Endings of English, and runs of letters, digits or marks with a space before them; white space beside that is by itself. */
const BESIDE_SPACES =
  /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** As GPT-2 cuts texts. */
function cutAtSpaces(text: AlignedText): AlignedText[] {
  const words: AlignedText[] = [];
  let at = 0;
  for (const [run] of text.chars.join('').matchAll(BESIDE_SPACES)) {
    const end = at + [...run].length;
    words.push(sliceChars(text, at, end));
    at = end;
  }
  return words;
}

function cutBy(partOf: (char: string) => Part): PreTokenizer {
  return (text) => {
    const words: AlignedText[] = [];
    let start = 0;
    let current: Part = 'dropped';
    const end = (at: number) => {
      if (current !== 'dropped' && at > start) words.push(sliceChars(text, start, at));
    };
    text.chars.forEach((char, at) => {
      const part = partOf(char);
      if (at > 0 && part === current && part !== 'alone') return;
      end(at);
      start = at;
      current = part;
    });
    end(text.chars.length);
    return words;
  };
}
