import { htmlEscaped } from '../escape.js';

/** HTML that may stand on a page as it is. */
export class Markup {
  constructor(readonly html: string) {}
}

/** What may stand in a template: text, which is escaped; markup, which is not; lists of both; nothing. */
type Part = string | number | Markup | null | false | undefined | readonly Part[];

/** A template of HTML in which every text from outside is escaped, as content and as a quoted attribute. */
export function html(fixed: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(fixed.reduce((text, piece, at) => text + written(parts[at - 1]) + piece));
}

function written(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Markup) return part.html;
  return Array.isArray(part) ? part.map(written).join('') : htmlEscaped(String(part));
}

/** A JSON value as the content of a script element: nothing in it ends the element or begins a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
