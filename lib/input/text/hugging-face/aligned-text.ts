/**
 * A text while it is normalised: its characters (code points, or short strings) with the place in the original text, in
 * UTF-16 code units, that each came from.
 */
export interface AlignedText {
  chars: string[];
  starts: number[];
  ends: number[];
}

/** The part of a text from `start` to `end`, one entry per code point. */
export function alignedText(text: string, start = 0, end = text.length): AlignedText {
  const aligned: AlignedText = { chars: [], starts: [], ends: [] };
  let at = start;
  for (const char of text.slice(start, end)) {
    add(aligned, char, at, at + char.length);
    at += char.length;
  }
  return aligned;
}

/** Every character replaced by what `rule` makes of it: nothing, one or several code points. */
export function mapChars(text: AlignedText, rule: (char: string) => string): AlignedText {
  const mapped: AlignedText = { chars: [], starts: [], ends: [] };
  text.chars.forEach((char, at) => {
    for (const made of rule(char)) add(mapped, made, text.starts[at], text.ends[at]);
  });
  return mapped;
}

/**
 * Every run of characters that may act on each other replaced by what `rule` makes of it. Where their number stays, each
 * keeps its place; else all take the place of the run.
 */
export function mapRuns(text: AlignedText, belongs: RegExp, rule: (run: string) => string): AlignedText {
  const mapped: AlignedText = { chars: [], starts: [], ends: [] };
  for (let from = 0; from < text.chars.length;) {
    let to = from + 1;
    while (to < text.chars.length && belongs.test(text.chars[to])) to++;
    const made = [...rule(text.chars.slice(from, to).join(''))];
    const same = made.length === to - from;
    made.forEach((char, at) => {
      const [start, end] = same ? [from + at, from + at] : [from, to - 1];
      add(mapped, char, text.starts[start], text.ends[end]);
    });
    from = to;
  }
  return mapped;
}

/** With a character before it that stands nowhere in the original. */
export function prefixed({ chars, starts, ends }: AlignedText, char: string): AlignedText {
  const [start = 0] = starts;
  return { chars: [char, ...chars], starts: [start, ...starts], ends: [start, ...ends] };
}

export function sliceChars(text: AlignedText, from: number, to: number): AlignedText {
  return {
    chars: text.chars.slice(from, to),
    starts: text.starts.slice(from, to),
    ends: text.ends.slice(from, to),
  };
}

/** Where a pattern matches, in characters: `to` is exclusive. The pattern has the flags g and u, so it cuts no character. */
export function placesIn(text: AlignedText, pattern: RegExp): { from: number; to: number }[] {
  const { chars } = text;
  let at = 0;
  let unit = 0;
  const charAt = (wanted: number) => {
    while (unit < wanted) unit += chars[at++].length;
    return at;
  };
  return Array.from(chars.join('').matchAll(pattern), ({ 0: match, index }) => ({
    from: charAt(index),
    to: charAt(index + match.length),
  }));
}

const WHITE_SPACE = /^\p{White_Space}$/u;

/** The text without the white space at its start, its end, or both. */
export function trimChars(text: AlignedText, left = true, right = true): AlignedText {
  let from = 0;
  let to = text.chars.length;
  while (left && from < to && WHITE_SPACE.test(text.chars[from])) from++;
  while (right && to > from && WHITE_SPACE.test(text.chars[to - 1])) to--;
  return from === 0 && to === text.chars.length ? text : sliceChars(text, from, to);
}

function add(text: AlignedText, char: string, start: number, end: number): void {
  text.chars.push(char);
  text.starts.push(start);
  text.ends.push(end);
}
