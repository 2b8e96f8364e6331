import { createReadStream, existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { readFile } from 'node:fs/promises';
import { SmugError } from '../errors.js';
import { imageEnding } from '../input/image-ending.js';

/** What stands for standard input on the command line. */
export const STDIN = '-';

/** One text, and what to call it. */
export interface NamedText {
  input: string;
  text: string;
}

/** Whether an input of the command line is a text and no image: standard input, a .txt file, or the text itself. */
export function isText(input: string): boolean {
  return input === STDIN || textFile.test(input) || isSentence(input);
}

const textFile = /\.txt$/i;

/** Words with a space between them that are the name of nothing here. */
function isSentence(input: string): boolean {
  return /\S\s+\S/.test(input) && !imageEnding.test(input) && !textFile.test(input) && !existsSync(input);
}

/** What files about an input are called after: the input, or of a text itself its first words, without what file systems dislike. */
export function pathOf(input: string): string {
  if (!isSentence(input)) return input;
  const words = input.match(/[\p{L}\p{M}\p{N}]+/gu) ?? ['text'];
  return words.slice(0, NAMING_WORDS).join('-');
}

const NAMING_WORDS = 8;

/**
 * The whole text of a file, of standard input, or the input itself.
 * @throws SmugError FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function readText(input: string): Promise<string> {
  if (input === STDIN) return text(process.stdin);
  if (isSentence(input)) return input;
  return readFile(input, 'utf8').catch((cause: unknown) => {
    throw unreadable(input, cause);
  });
}

/**
 * One text per line of files or standard input, as they come; lines end in a line feed, with or without a carriage
 * return before it. Each is called by its file and number.
 * @throws SmugError FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function* textLines(inputs: readonly string[]): AsyncGenerator<NamedText, void, void> {
  for (const input of inputs) {
    const stream: AsyncIterable<Buffer> = input === STDIN ? process.stdin : createReadStream(input);
    let number = 0;
    try {
      for await (const line of linesOf(stream)) yield { input: `${input}:${++number}`, text: line };
    } catch (cause) {
      throw unreadable(input, cause);
    }
  }
}

/** Not Node's readline, which in some versions also cuts at U+2028 and at a carriage return alone. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  for await (const chunk of chunks) {
    const [first, ...more] = decoder.decode(chunk, { stream: true }).split('\n');
    rest.push(first);
    for (const part of more) {
      yield withoutReturn(rest.join(''));
      rest = [part];
    }
  }
  rest.push(decoder.decode());
  const last = rest.join('');
  if (last !== '') yield withoutReturn(last);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function unreadable(input: string, cause: unknown): SmugError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return new SmugError(
    missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
    missing ? `There is no file ${input}.` : `${input} cannot be read: ${message}.`,
    { cause },
  );
}
