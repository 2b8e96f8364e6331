import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../cli/smug.js';

/** A block of code on a page. */
export interface Block {
  /** For messages: page and line. */
  place: string;
  language: string;
  text: string;
  /** Why it is not run by the tests of the documentation: what stands in `<!-- run elsewhere: … -->` before it. */
  elsewhere?: string;
  /** The quotation right behind it: what it prints, among other things. */
  prints?: string;
}

/** The README and every page of docs/ that is written by hand. */
export function pages(): string[] {
  const docs = readdirSync(join(projectRoot, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.sort().map((name) => join('docs', name))];
}

export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(projectRoot, page), 'utf8');
  const fence =
    /(?:<!-- run elsewhere: ([^]*?) -->\n+)?^(`{3,})(\S*)[^\n]*\n([^]*?)^\2$(?:\n+(?:prints[^\n]*\n+)?((?:^>[^\n]*\n)+))?/gm;
  return [...text.matchAll(fence)].map(({ index, 1: elsewhere, 3: language, 4: body, 5: quotation }) => ({
    place: `${page}:${text.slice(0, index).split('\n').length}`,
    language,
    text: body,
    ...(elsewhere && { elsewhere }),
    ...(quotation && { prints: quotation.replace(/^> ?/gm, '').replace(/\s+/g, ' ').trim() }),
  }));
}
