import { WORD } from './added-tokens.js';
import { prefixed, sliceChars, type AlignedText } from './aligned-text.js';
import { BYTE_LEVEL_WORDS } from './byte-level.js';
import type { Declaration } from './declaration.js';
import { behaviorNames, cutAtPattern } from './split-behavior.js';
import { readSplitPattern } from './split-pattern.js';

/** Cuts a normalised text into words; what is in none of them is dropped. */
type WordCutter = (text: AlignedText) => AlignedText[];

export interface PreTokenizer {
  cut: WordCutter;
  /** The vocabulary spells words in bytes, with the white space before them. */
  inBytes: boolean;
}

/** What becomes of a character: it belongs to a word, is a word of its own, joins others of its kind, or is dropped. */
type Part = 'word' | 'alone' | 'kind' | 'dropped';

const WHITE_SPACE = /^\p{White_Space}$/u;
const PUNCTUATION = /^[!-/:-@[-`{-~\p{P}]$/u;
const NUMERIC = /^\p{N}$/u;

const readers: Record<string, (stated: Declaration) => WordCutter> = {
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
  Split: (stated) => {
    const behavior = stated.text('behavior');
    if (!behaviorNames.includes(behavior)) throw stated.unsupported(`behavior ${behavior}`, behaviorNames);
    const pattern = readSplitPattern(stated);
    const inverted = stated.flag('invert', false);
    return (text) => cutAtPattern(text, pattern, behavior, inverted);
  },
  ByteLevel: (stated) => {
    const spaced = stated.flag('add_prefix_space', true);
    const split = stated.flag('use_regex', true);
    return (text) => {
      const whole = spaced && text.chars[0] !== ' ' ? prefixed(text, ' ') : text;
      return split ? cutAtPattern(whole, BYTE_LEVEL_WORDS, 'Isolated') : [whole];
    };
  },
};
const names = [...Object.keys(readers), 'Sequence'];

/** @throws SmugError for a pre-tokenizer that is not supported */
export function readPreTokenizer(stated: Declaration): PreTokenizer {
  const { type } = stated;
  if (type === 'Sequence') {
    const steps = stated.objects('pretokenizers').map(readPreTokenizer);
    if (steps.slice(0, -1).some(({ inBytes }) => inBytes))
      throw stated.fault('a step after ByteLevel is not supported: ByteLevel must be the last');
    return {
      cut: (text) => steps.reduce((words, { cut }) => words.flatMap(cut), [text]),
      inBytes: steps.at(-1)?.inBytes ?? false,
    };
  }
  if (!Object.hasOwn(readers, type)) throw stated.unsupported(`pre_tokenizer ${type}`, names);
  return { cut: readers[type](stated), inBytes: type === 'ByteLevel' };
}

function cutBy(partOf: (char: string) => Part): WordCutter {
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
