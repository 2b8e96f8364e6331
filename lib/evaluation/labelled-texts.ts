import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SmugError } from '../errors.js';
import { readSpans, type TextSpan } from '../input/text/text-spans.js';
import type { Label } from './labels.js';
import { refuseLines } from './wrong-lines.js';

/** A text to be evaluated. */
export interface LabelledText {
  /** What it is called: its file, or its file and line. */
  file: string;
  text: string;
  /** The class it is said to be of; absent: nobody says, and it counts whatever the network reads. */
  classIndex?: number;
  /** What people marked as the reason. */
  truth?: readonly TextSpan[];
}

/** Ends the name of a file with what people marked in the text beside it. */
const MARKED = '.truth.json';

/**
 * Reads texts from JSON Lines: an object per line with `text`, and where they are known `class_index`, `truth` (see `readSpans`) and
 * `file`, a name. Every line that is wrong is named.
 * @throws SmugError FILE_NOT_FOUND, BAD_INPUT
 */
export async function readTextLines(path: string): Promise<LabelledText[]> {
  const wrong: string[] = [];
  const texts: LabelledText[] = [];
  const seen = new Set<string>();
  (await contentsOf(path)).split(/\r?\n/).forEach((line, at) => {
    if (line.trim() === '') return;
    try {
      const text = lineText(line, `${basename(path)}:${at + 1}`);
      if (seen.has(text.file)) throw new Error(`'${text.file}' again`);
      seen.add(text.file);
      texts.push(text);
    } catch (error) {
      wrong.push(`line ${at + 1}: ${(error as Error).message}`);
    }
  });
  refuseLines(path, wrong);
  if (texts.length === 0) throw new SmugError('BAD_INPUT', `${path} has no texts.`);
  return texts;
}

function lineText(line: string, name: string): LabelledText {
  const { text, class_index: index, truth, file = name } = JSON.parse(line) as Record<string, unknown>;
  if (typeof text !== 'string') throw new Error('no text');
  if (typeof file !== 'string') throw new Error('file is not a string');
  if (index !== undefined && !(Number.isInteger(index) && (index as number) >= 0))
    throw new Error(`class_index ${JSON.stringify(index)}`);
  return {
    file,
    text,
    ...(index !== undefined && { classIndex: index as number }),
    ...(truth !== undefined && { truth: readSpans(truth, text, 'truth') }),
  };
}

/**
 * Reads the texts of a folder: those of the labels, or every `.txt` file. What people marked in `NAME.txt` stands beside it in
 * `NAME.truth.json` (see `readSpans`).
 * @throws SmugError FILE_NOT_FOUND, FILE_UNREADABLE, BAD_INPUT
 */
export async function readTextFolder(
  folder: string,
  labels: readonly Label[] | null,
): Promise<LabelledText[]> {
  const wanted: readonly (Omit<Label, 'classIndex'> & { classIndex?: number })[] =
    labels ?? (await textFiles(folder)).map((file) => ({ file }));
  if (wanted.length === 0) throw new SmugError('BAD_INPUT', `There are no .txt files in ${folder}.`);
  const texts: LabelledText[] = [];
  for (const label of wanted) {
    const path = join(folder, label.file);
    const text = await contentsOf(path);
    const marks = path.replace(/\.txt$/i, MARKED);
    const declared = marks === path ? null : await readFile(marks, 'utf8').catch(() => null);
    texts.push({
      ...label,
      text,
      ...(declared !== null && { truth: readSpans(parsed(declared, marks), text, marks) }),
    });
  }
  return texts;
}

/** The `.txt` files right inside a folder, by name. */
export async function textFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new SmugError('FILE_UNREADABLE', `${folder} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  });
  return names.filter((name) => /\.txt$/i.test(name)).sort();
}

/**
 * Reads what people marked in a text from a JSON file.
 * @throws SmugError FILE_NOT_FOUND, BAD_INPUT
 */
export async function readTruth(path: string, text: string): Promise<TextSpan[]> {
  return readSpans(parsed(await contentsOf(path), path), text, path);
}

function parsed(json: string, path: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new SmugError('BAD_INPUT', `${path} is no JSON: ${(cause as Error).message}.`, { cause });
  }
}

async function contentsOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SmugError('FILE_NOT_FOUND', `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  });
}
