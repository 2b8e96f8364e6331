import type { Declaration } from './declaration.js';

/** What the escapes of Oniguruma, whose language the patterns are in, mean in JavaScript. */
const ESCAPES: Record<string, string> = {
  s: '\\p{White_Space}',
  S: '\\P{White_Space}',
  d: '\\p{Nd}',
  D: '\\P{Nd}',
};
/** Escapes that mean the same in both. */
const SAME = 'pPnrtfvxu';
const GROUP = /^\((?:\?(?::|=|!|<=|<!|i:))?/;
/** Letters that are one of ASCII's when case does not count: the long s and the sign of kelvin. */
const ODD_CASES: Record<string, string> = { s: 'ſ', k: '\u212a' };

/**
 * The pattern that a `Split` cuts at: `{ "String": … }` as it stands, or `{ "Regex": … }`.
 *
 * @throws an error for a regular expression with something that JavaScript lacks or means otherwise
 */
export function readSplitPattern(stated: Declaration): RegExp {
  const pattern = stated.object('pattern');
  if (pattern.has('String')) return new RegExp(literally(pattern.text('String')), 'gu');
  const source = pattern.text('Regex');
  try {
    return new RegExp(translated(source), 'gu');
  } catch (cause) {
    throw pattern.fault(`the regular expression ${source} is not supported: ${(cause as Error).message}`);
  }
}

/** A regular expression for a text as it stands. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function translated(source: string): string {
  /** Per open group whether case does not count in it. */
  const anyCase = [false];
  let inClass = false;
  let made = '';
  for (let at = 0; at < source.length;) {
    const char = String.fromCodePoint(source.codePointAt(at)!);
    at += char.length;
    if (char === '\\') {
      const escape = source[at++] ?? '';
      if (Object.hasOwn(ESCAPES, escape)) made += ESCAPES[escape];
      else if (SAME.includes(escape) || /[\\^$.*+?()[\]{}|/]/.test(escape)) made += `\\${escape}`;
      else if (escape === '-') made += inClass ? '\\-' : '-';
      else if (/[\w\u0080-\uffff]/.test(escape) || escape === '') throw new Error(`\\${escape}`);
      else made += escape;
      if (escape !== '' && 'pP'.includes(escape)) {
        const name = /^\{\w+\}/.exec(source.slice(at))?.[0];
        if (name === undefined) throw new Error(`\\${escape} without {…}`);
        made += name;
        at += name.length;
      }
    } else if (inClass) {
      if (char === '[' || source.startsWith('&&', at - 1)) throw new Error('a class within a class');
      if (anyCase.at(-1) && isCased(char)) throw new Error('a class in which case does not count');
      if (char === ']') inClass = false;
      made += char;
    } else if (char === '[') {
      inClass = true;
      made += char;
    } else if (char === '(') {
      const [group] = GROUP.exec(source.slice(at - 1))!;
      if (group === '(' && source[at] === '?') throw new Error(source.slice(at - 1, at + 2));
      anyCase.push(anyCase.at(-1)! || group === '(?i:');
      made += group === '(?i:' ? '(?:' : group;
      at += group.length - 1;
    } else if (char === '^' || char === '$') throw new Error(char);
    else {
      if (char === ')' && anyCase.length > 1) anyCase.pop();
      made += char === '.' ? '[^\\n]' : anyCase.at(-1) && isCased(char) ? everyCase(char) : char;
    }
  }
  return made;
}

function isCased(char: string): boolean {
  return char.toLowerCase() !== char || char.toUpperCase() !== char;
}

function everyCase(char: string): string {
  const lower = char.toLowerCase();
  return `[${lower}${char.toUpperCase()}${ODD_CASES[lower] ?? ''}]`;
}
