import { checkIndex } from '../word-table.js';
import type { DeclarationCode } from '../../../errors.js';
import { placesIn, sliceChars, type AlignedText } from './aligned-text.js';
import type { Declaration } from './declaration.js';
import { literally } from './split-pattern.js';

/** A token such as [MASK] that is taken out of a text before the text is split. */
export interface AddedToken {
  content: string;
  index: number;
  /** Looked for in the normalised text; else in the text as it stands, before that. */
  normalized: boolean;
  /** Only where no word character stands next to it. */
  alone: boolean;
  /** Whether it takes the white space before and after it with it. */
  lstrip: boolean;
  rstrip: boolean;
}

/** A stretch of a text: an added token, or what lies between two of them. */
interface Stretch {
  part: AlignedText;
  token: AddedToken | null;
}

export type TokenCutter = (text: AlignedText) => Stretch[];

const WHITE_SPACE = /^\p{White_Space}$/u;
/** Unicode's word characters, as the regex crate's \w has them. */
export const WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;

export function readAddedTokens(stated: Declaration, name: string, code: DeclarationCode): AddedToken[] {
  if (!stated.has('added_tokens')) return [];
  return stated.objects('added_tokens').map((token) => {
    const content = token.text('content');
    const index = token.raw('id');
    checkIndex(index, `${name}: added token '${content}' has index`, code);
    return {
      content,
      index,
      normalized: token.flag('normalized', false),
      alone: token.flag('single_word', false),
      lstrip: token.flag('lstrip', false),
      rstrip: token.flag('rstrip', false),
    };
  });
}

/**
 * Cuts a text at every added token; of several at one place the longest counts.
 *
 * @param normalize what the text went through, and the tokens go through as well
 */
export function tokenCutter(
  tokens: readonly AddedToken[],
  normalize?: (content: string) => string,
): TokenCutter {
  const byContent = new Map<string, AddedToken>();
  for (const token of tokens) {
    const content = normalize ? normalize(token.content) : token.content;
    if (content !== '') byContent.set(content, token);
  }
  if (byContent.size === 0) return (part) => [{ part, token: null }];
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const any = new RegExp(longestFirst.map(literally).join('|'), 'gu');
  return (text) => {
    const stretches: Stretch[] = [];
    let start = 0;
    const add = (from: number, to: number, token: AddedToken | null) => {
      if (to > from) stretches.push({ part: sliceChars(text, from, to), token });
    };
    for (const place of placesIn(text, any)) {
      const token = byContent.get(text.chars.slice(place.from, place.to).join(''))!;
      if (token.alone && touchesWord(text, place)) continue;
      const { from, to } = withSpace(text, place, token);
      add(start, Math.max(start, from), null);
      add(Math.max(start, from), to, token);
      start = Math.max(start, to);
    }
    add(start, text.chars.length, null);
    return stretches;
  };
}

interface Place {
  from: number;
  to: number;
}

function touchesWord({ chars }: AlignedText, { from, to }: Place): boolean {
  return (from > 0 && WORD.test(chars[from - 1])) || (to < chars.length && WORD.test(chars[to]));
}

function withSpace({ chars }: AlignedText, place: Place, { lstrip, rstrip }: AddedToken): Place {
  let { from, to } = place;
  while (lstrip && from > 0 && WHITE_SPACE.test(chars[from - 1])) from--;
  while (rstrip && to < chars.length && WHITE_SPACE.test(chars[to])) to++;
  return { from, to };
}
