import { setImmediate } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { isArgumentError, SmugError } from '../../errors.js';
import { optionsFromText } from '../client-options.js';
import type { Question } from '../service.js';

const DATA_ADDRESS = /^data:[\w/+.-]+;base64,/;

/**
 * Base64 with nothing else in it; of `data:` addresses what they hold. Null for any other text. Two searches of a length's time each: one
 * pattern for all of it may take the square of that, minutes for a text made to that end.
 */
function base64In(text: string): string | null {
  const coded = text.slice(DATA_ADDRESS.exec(text)?.[0].length ?? 0);
  const end = coded.search(/[^A-Za-z0-9+/_\s-]/);
  return end < 0 || /^={1,2}\s*$/.test(coded.slice(end)) ? coded : null;
}

export const isBase64 = (text: string): boolean => base64In(text) !== null;

/** @throws SmugError BAD_INPUT */
export function fromBase64(text: unknown, what: string): Uint8Array {
  const coded = typeof text === 'string' ? base64In(text) : null;
  if (coded === null) throw new SmugError('BAD_INPUT', `${what} must be a file's bytes as base64.`);
  const bytes = Buffer.from(coded, 'base64');
  if (bytes.length === 0) throw new SmugError('BAD_INPUT', `${what} is empty.`);
  return bytes;
}

type Input = Pick<Question, 'model' | 'image' | 'text' | 'options' | 'withCertificate' | 'withPicture'>;

/** What is no option among the fields of a query or a form. */
function fromFields({ model, certificate, picture, text, ...rest }: Record<string, unknown>): Input {
  return {
    ...(typeof model === 'string' && { model }),
    ...(typeof text === 'string' && { text }),
    ...(certificate !== undefined && { withCertificate: isYes(certificate) }),
    ...(picture !== undefined && { withPicture: isYes(picture) }),
    options: optionsFromText(rest),
  };
}

const isYes = (field: unknown) => field === 'true' || field === '';

/**
 * The input of a request: the body as an image's bytes with options in the query, a form with a file, or JSON. Nothing is
 * ever read from a path or an address that a client names.
 */
export async function readInput(request: FastifyRequest, signal: AbortSignal): Promise<Input> {
  const query = fromFields(request.query as Record<string, unknown>);
  if (request.isMultipart()) return { ...query, ...(await readForm(request, query, signal)) };
  const { body } = request;
  if (Buffer.isBuffer(body)) return { ...query, image: body };
  if (typeof body === 'string') return { ...query, text: body };
  const { model, image, text, options, certificate, picture } = (body ?? {}) as Record<string, unknown>;
  // Not every route has a schema that says so.
  for (const [name, value] of Object.entries({ model, text }))
    if (value !== undefined && typeof value !== 'string')
      throw new SmugError('BAD_INPUT', `${name} must be a string.`);
  // The body was parsed in this turn of the event loop; what a large image takes comes in the next.
  if (image !== undefined) await setImmediate();
  return {
    model: (model ?? query.model) as string | undefined,
    ...(image !== undefined && { image: fromBase64(image, 'image') }),
    ...(text !== undefined && { text: text as string }),
    options: { ...(query.options as object), ...(options as object | undefined) },
    withCertificate: certificate === undefined ? query.withCertificate : certificate === true,
    withPicture: picture === undefined ? query.withPicture : picture === true,
  };
}

/** After the last byte of a form, for what was read of it to be put together. */
const FORM_END_MS = 1000;

async function readForm(request: FastifyRequest, query: Input, signal: AbortSignal): Promise<Input> {
  let late: NodeJS.Timeout | undefined;
  // Of some damaged forms the parser never sees the end, though all of it has come.
  const endless = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    const refuse = () => reject(new SmugError('BAD_INPUT', 'The form cannot be read: it has no end.'));
    request.raw.once('end', () => (late = setTimeout(refuse, FORM_END_MS)));
  });
  try {
    return await Promise.race([formOf(request, query), endless]);
  } catch (error) {
    if (
      signal.aborted ||
      error instanceof SmugError ||
      isArgumentError(error) ||
      'statusCode' in (error as object)
    )
      throw error;
    // The parser's own complaints (no boundary, an end that never comes) carry no status.
    throw new SmugError('BAD_INPUT', `The form cannot be read: ${(error as Error).message}.`);
  } finally {
    clearTimeout(late);
  }
}

async function formOf(request: FastifyRequest, query: Input): Promise<Input> {
  const fields: Record<string, unknown> = {};
  let image: Uint8Array | undefined;
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      if (image !== undefined) throw new SmugError('BAD_INPUT', 'Send one file per request.');
      image = await part.toBuffer();
    } else fields[part.fieldname] = part.value;
  }
  const read = fromFields(fields);
  return {
    ...read,
    ...(image !== undefined && { image }),
    options: { ...(query.options as object), ...(read.options as object) },
  };
}
