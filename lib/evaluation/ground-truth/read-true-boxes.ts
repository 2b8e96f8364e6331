import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SmugError } from '../../errors.js';
import { readTable } from '../read-table.js';
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
    readTable(path, await textOf(path), columns, ([file, ...sides]) => {
      const [left, top, right, bottom] = sides.map((side) => (side === '' ? NaN : Number(side)));
      const box = boxOf(left, top, right, bottom);
      if (file === '') return 'no file';
      if (typeof box === 'string') return box;
      boxes.add(file, box);
      return null;
    });
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
