import { basename, dirname, extname, join } from 'node:path';
import type { ImageExplanation } from '../explainers/explanation.js';
import type { OpaqueImage } from '../input/raw-image.js';
import { Canvas } from './canvas.js';
import { drawCore } from './core-picture.js';
import { drawHeatmap } from './heatmap.js';
import { lettering } from './lettering.js';
import { drawOverlay } from './overlay.js';
import { keptInWords } from './picture-legends.js';
import { targetInWords } from './plain-words.js';
import { writePng, type Picture } from './png.js';
import { fitted, TILE } from './tile.js';

const { side: SIDE, gap: GAP, letters: SIZE } = TILE;
/** Rows on one sheet: some ten thousand pixels high. */
const ROWS = 30;

const COLUMNS = ['Input', 'Mask', 'Heat map', 'Core'] as const;

/** One explanation's row: input, mask, heat map and, where it was asked for, core, under its name and what was found. */
export async function sheetRow(
  explanation: Pick<ImageExplanation, 'input' | 'drawing' | 'target' | 'mask' | 'certificate'>,
): Promise<Picture> {
  const { input, drawing } = explanation;
  const pictures: OpaqueImage[] = [drawing.image, drawOverlay(drawing), drawHeatmap(drawing)];
  if (drawing.mask.core) pictures.push(drawCore(drawing));
  const tiles = await Promise.all(pictures.map(fitted));
  const width = GAP + pictures.length * (SIDE + GAP);
  const words = await lettering(
    `${input}: ${targetInWords(explanation.target)}; ${keptInWords(explanation)}`,
    SIZE,
    width - 2 * GAP,
  );
  const height = Math.max(...tiles.map((tile) => tile.height));
  const canvas = new Canvas(width, words.height + height + 2 * GAP);
  canvas.ink(words, GAP, GAP);
  tiles.forEach((tile, at) => {
    const left = GAP + at * (SIDE + GAP) + Math.floor((SIDE - tile.width) / 2);
    canvas.put(tile, left, words.height + 2 * GAP + Math.floor((height - tile.height) / 2));
  });
  return canvas.picture;
}

/**
 * All explanations of a call on one sheet, in the order in which they are added; of many, on several: `NAME.png`, `NAME.2.png`, ….
 * A sheet is written as soon as it is full, so that memory stays bounded.
 */
export class ContactSheet {
  readonly #path: string;
  #rows: Picture[] = [];
  readonly files: string[] = [];

  /** @param path of a PNG file */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws SmugError FILE_UNWRITABLE */
  async add(row: Picture): Promise<void> {
    this.#rows.push(row);
    if (this.#rows.length === ROWS) await this.#write();
  }

  /** Writes what is left. @throws SmugError FILE_UNWRITABLE */
  async close(): Promise<void> {
    if (this.#rows.length > 0) await this.#write();
  }

  async #write(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    const width = Math.max(...rows.map((row) => row.width));
    const columns = Math.round((width - GAP) / (SIDE + GAP));
    const titles = await Promise.all(COLUMNS.slice(0, columns).map((title) => lettering(title, SIZE, SIDE)));
    const top = GAP + Math.max(...titles.map(({ height }) => height));
    const canvas = new Canvas(width, top + rows.reduce((sum, row) => sum + row.height, GAP));
    titles.forEach((title, at) => canvas.ink(title, GAP + at * (SIDE + GAP), GAP));
    let y = top;
    for (const row of rows) {
      canvas.put(row, 0, y);
      y += row.height;
    }
    const ending = extname(this.#path);
    const number = this.files.length === 0 ? '' : `.${this.files.length + 1}`;
    const file = join(dirname(this.#path), `${basename(this.#path, ending)}${number}${ending || '.png'}`);
    await writePng(file, canvas.picture);
    this.files.push(file);
  }
}
