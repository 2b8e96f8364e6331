import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SmugError } from '../../errors.js';
import { refuseLines } from '../wrong-lines.js';
import { readCoco } from './coco.js';
import { TrueBoxes, boxOf } from './true-boxes.js';
import { readVoc } from './voc.js';

/**
 * Reads where things are in pictures, in pixels of the upright picture: a folder of Pascal VOC files (`.xml`, as ImageNet's
 * boxes too), a COCO file (`.json`), or a table (TSV or CSV) with a header that has `file`, `left`, `top`, `right` and
 * `bottom`, a box a line, right and bottom exclusive. Everything that is wrong is named.
 * @throws SmugError FILE_NOT_FOUND, FILE_UNREADABLE, BAD_INPUT
 */
export async function readTrueBoxes(path: string): Promise<TrueBoxes> {
  const boxes = new TrueBoxes();
  const wrong: string[] = [];
  if ((await kindOf(path)) === 'folder') {
    const files = (await readdir(path)).filter((name) => /\.xml$/i.test(name)).sort();
    for (const name of files) readVoc(name, await textOf(join(path, name)), boxes, wrong);
  } else if (/\.json$/i.test(path)) {
    readCoco(path, await textOf(path), boxes, wrong);
  } else {
    readTable(path, await textOf(path), boxes, wrong);
  }
  refuseLines(path, wrong);
  if (boxes.size === 0)
    throw new SmugError(
      'BAD_INPUT',
      `${path} has no boxes; expected a folder of Pascal VOC .xml files, a COCO .json file, or TSV or CSV with the columns ${columns.join(', ')}.`,
    );
  return boxes;
}

const columns = ['file', 'left', 'top', 'right', 'bottom'];

function readTable(path: string, text: string, boxes: TrueBoxes, wrong: string[]): void {
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const separator = header.includes('\t') ? '\t' : ',';
  const names = header.split(separator).map((name) => name.trim());
  const places = columns.map((name) => names.indexOf(name));
  if (places.includes(-1))
    throw new SmugError(
      'BAD_INPUT',
      `${path}: the header must have the columns ${columns.join(', ')}; it is '${header.slice(0, 200)}'.`,
    );
  lines.forEach((line, at) => {
    if (line.trim() === '') return;
    const cells = line.split(separator).map((cell) => cell.trim());
    const [file, ...sides] = places.map((place) => cells[place] ?? '');
    const [left, top, right, bottom] = sides.map((side) => (side === '' ? NaN : Number(side)));
    const box = boxOf(left, top, right, bottom);
    if (file === '') wrong.push(`line ${at + 2}: no file`);
    else if (typeof box === 'string') wrong.push(`line ${at + 2}: ${box}`);
    else boxes.add(file, box);
  });
}

async function kindOf(path: string): Promise<'folder' | 'file'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (cause) {
    throw new SmugError('FILE_NOT_FOUND', `The boxes ${path} cannot be found.`, { cause });
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SmugError('FILE_UNREADABLE', `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
