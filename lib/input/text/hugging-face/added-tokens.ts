import { checkIndex } from '../word-table.js';
import type { DeclarationCode } from '../../../errors.js';
import type { Declaration } from './declaration.js';

/** A token such as [MASK] that is taken out of a text as it stands, before anything else happens to the text. */
export interface AddedToken {
  content: string;
  index: number;
  /** White space before it belongs to it. */
  takesSpace: boolean;
}

/** A stretch of a text: an added token, or what lies between two of them. */
export interface Stretch {
  start: number;
  end: number;
  token: AddedToken | null;
}

/** @throws an error for a token that is looked for in other ways than as it stands */
export function readAddedTokens(stated: Declaration, name: string, code: DeclarationCode): AddedToken[] {
  if (!stated.has('added_tokens')) return [];
  return stated.objects('added_tokens').map((token) => {
    const content = token.text('content');
    const index = token.raw('id');
    checkIndex(index, `${name}: added token '${content}' has index`, code);
    // Without a normalizer the text stays as it stands.
    const ways = [...(stated.has('normalizer') ? ['normalized'] : []), 'single_word', 'rstrip'];
    for (const way of ways)
      if (token.flag(way, false)) throw token.fault(`an added token with "${way}": true is not supported`);
    return { content, index, takesSpace: token.flag('lstrip', false) };
  });
}

/** Cuts a text at every added token; of several at one place the longest counts. */
export function cutAtTokens(text: string, tokens: readonly AddedToken[]): Stretch[] {
  if (tokens.length === 0) return [{ start: 0, end: text.length, token: null }];
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = (content: string) =>
    (byContent.get(content)!.takesSpace ? '\\s*' : '') + content.replace(/[^\w\s]/g, '\\$&');
  const any = new RegExp(longestFirst.map(pattern).join('|'), 'g');
  const stretches: Stretch[] = [];
  let start = 0;
  for (const { 0: found, index } of text.matchAll(any)) {
    stretches.push({ start, end: index, token: null });
    const content = byContent.has(found) ? found : found.trimStart();
    start = index + found.length;
    stretches.push({ start: start - content.length, end: start, token: byContent.get(content)! });
  }
  stretches.push({ start, end: text.length, token: null });
  return stretches.filter(({ start: from, end }) => end > from);
}
