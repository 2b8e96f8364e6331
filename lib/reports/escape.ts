/** Control characters, marks that change the direction of what follows, and halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/**
 * Text from outside as a terminal may print it, on one line: what could move the cursor, change colours or reorder the
 * line shows as its code point; white space is a space.
 */
export function terminalSafe(text: string): string {
  return text
    .replace(/\s+/gu, ' ')
    .replace(UNSAFE, (char) => `<U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}>`);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text from outside as HTML content or as a quoted attribute. */
export function htmlEscaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (char) => ENTITIES[char])
    .replace(/[^\P{Cc}\t\n\r]|\p{Surrogate}/gu, '\ufffd');
}
