import { SmugError } from '../../errors.js';

/**
 * The body of an inference request whose tensors follow its JSON as bytes (Open Inference's binary data extension, which Triton's
 * clients use by default): `Inference-Header-Content-Length` says where the JSON ends, `binary_data_size` of an input how long it is,
 * and every element of a BYTES tensor begins with its length, four bytes, little-endian.
 *
 * @returns the JSON, each such input with `data`: its elements
 * @throws SmugError BAD_INPUT
 */
export function readBinaryTensors(body: Buffer, headerLength: string | string[] | undefined): unknown {
  const end = headerLength === undefined ? body.length : Number(headerLength);
  if (!Number.isInteger(end) || end < 0 || end > body.length)
    throw new SmugError(
      'BAD_INPUT',
      'Inference-Header-Content-Length must be the bytes of the JSON that the body begins with.',
    );
  const document = parsed(body.toString('utf8', 0, end));
  let at = end;
  for (const input of Array.isArray(document?.inputs) ? (document.inputs as unknown[]) : []) {
    const { parameters } = (input ?? {}) as { parameters?: { binary_data_size?: unknown } };
    const size = parameters?.binary_data_size;
    if (size === undefined) continue;
    if (!Number.isInteger(size) || (size as number) < 0 || at + (size as number) > body.length)
      throw new SmugError('BAD_INPUT', 'binary_data_size must be a number of bytes that the body has.');
    (input as { data?: unknown }).data = elementsOf(body.subarray(at, at + (size as number)));
    at += size as number;
  }
  return document;
}

function parsed(text: string): { inputs?: unknown } | null {
  try {
    return JSON.parse(text) as { inputs?: unknown } | null;
  } catch {
    throw new SmugError('BAD_INPUT', 'The body does not begin with JSON.');
  }
}

function elementsOf(bytes: Buffer): Buffer[] {
  const elements: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : Infinity;
    if (at + 4 + length > bytes.length)
      throw new SmugError(
        'BAD_INPUT',
        'Of the binary tensors only those of datatype BYTES are taken: a length before every element.',
      );
    elements.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return elements;
}
