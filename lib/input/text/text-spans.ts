import { SmugError } from '../../errors.js';

/** A stretch of a text in UTF-16 code units; `end` is exclusive. */
export interface TextSpan {
  start: number;
  end: number;
}

/**
 * What people marked in a text as the reason: a list of stretches (`[start, end]` or `{ "start", "end" }`, in UTF-16 code units, `end`
 * exclusive) and of phrases, which stand for every place where they occur.
 * @param where what to call it in messages
 * @throws SmugError BAD_INPUT
 */
export function readSpans(declared: unknown, text: string, where: string): TextSpan[] {
  if (!Array.isArray(declared))
    throw new SmugError(
      'BAD_INPUT',
      `${where}: a list is expected, of stretches [start, end] or of phrases.`,
    );
  return declared.flatMap((one: unknown, at) => {
    if (typeof one === 'string') return placesOf(one, text, `${where}, entry ${at}`);
    const [start, end] = Array.isArray(one)
      ? (one as unknown[])
      : [(one as TextSpan | null)?.start, (one as TextSpan | null)?.end];
    const whole = [start, end].every((value) => Number.isInteger(value));
    if (
      !whole ||
      !(0 <= (start as number) && (start as number) < (end as number) && (end as number) <= text.length)
    )
      throw new SmugError(
        'BAD_INPUT',
        `${where}, entry ${at}: ${JSON.stringify(one)} is no stretch of a text of ${text.length} code units; expected [start, end].`,
      );
    return [{ start: start as number, end: end as number }];
  });
}

function placesOf(phrase: string, text: string, where: string): TextSpan[] {
  const places: TextSpan[] = [];
  for (let at = text.indexOf(phrase); phrase !== '' && at >= 0; at = text.indexOf(phrase, at + phrase.length))
    places.push({ start: at, end: at + phrase.length });
  if (places.length === 0)
    throw new SmugError('BAD_INPUT', `${where}: '${phrase.slice(0, 80)}' does not occur in the text.`);
  return places;
}

export function overlaps(a: TextSpan, spans: readonly TextSpan[]): boolean {
  return spans.some((span) => a.start < span.end && span.start < a.end);
}
