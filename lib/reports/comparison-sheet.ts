import type { ComparedMethod, MethodComparison } from '../evaluation/compare-methods.js';
import { chosenOf } from '../explainers/image/rate-image.js';
import { Canvas, type Colour } from './canvas.js';
import { drawHeatmap } from './heatmap.js';
import { lettering } from './lettering.js';
import { methodHeadings } from './method-headings.js';
import { drawOverlay } from './overlay.js';
import { percent, targetInWords } from './plain-words.js';
import type { Picture } from './png.js';
import { boxOnPicture, fitted, outline, TILE } from './tile.js';

const { side: SIDE, gap: GAP, letters: SIZE } = TILE;
/** Pictures in a row. */
const COLUMNS = 4;
const BOX: Colour = [110, 231, 255];

interface Tile {
  picture: Picture;
  words: string;
}

/**
 * The picture and what every method makes of it, side by side: choices over the picture, scores as heat maps, each with the box
 * where the saliency metric is lowest.
 */
export async function comparisonSheet(comparison: MethodComparison): Promise<Picture> {
  const tiles = [
    { picture: await fitted(comparison.image), words: 'Input' },
    ...(await Promise.all(comparison.methods.map(tileOf))),
  ];
  const columns = Math.min(COLUMNS, tiles.length);
  const width = GAP + columns * (SIDE + GAP);
  const head = await lettering(
    `${comparison.input}: ${targetInWords(comparison.target)}. Framed: the box with the lowest saliency metric (LSC).`,
    SIZE,
    width - 2 * GAP,
  );
  const words = await Promise.all(tiles.map(({ words }) => lettering(words, SIZE, SIDE)));
  const rows: { from: number; top: number; picture: number; height: number }[] = [];
  let top = head.height + 2 * GAP;
  for (let from = 0; from < tiles.length; from += columns) {
    const of = (heights: number[]) => Math.max(...heights.slice(from, from + columns));
    const picture = of(tiles.map(({ picture: { height } }) => height));
    const height = picture + GAP / 2 + of(words.map((one) => one.height)) + 2 * GAP;
    rows.push({ from, top, picture, height });
    top += height;
  }
  const canvas = new Canvas(width, top);
  canvas.ink(head, GAP, GAP);
  for (const row of rows)
    tiles.slice(row.from, row.from + columns).forEach(({ picture }, column) => {
      const left = GAP + column * (SIDE + GAP);
      canvas.put(
        picture,
        left + Math.floor((SIDE - picture.width) / 2),
        row.top + Math.floor((row.picture - picture.height) / 2),
      );
      canvas.ink(words[row.from + column], left, row.top + row.picture + GAP / 2);
    });
  return canvas.picture;
}

async function tileOf(compared: ComparedMethod): Promise<Tile> {
  const heading = methodHeadings[compared.method];
  if ('error' in compared)
    return {
      picture: { width: SIDE, height: SIDE, channels: 1, data: new Uint8Array(SIDE * SIDE).fill(40) },
      words: `${heading}\n${compared.error.message}`,
    };
  const { drawing, kept, lsc, box, seconds } = compared;
  const tile = await fitted(kept ? drawOverlay(drawing) : drawHeatmap(drawing));
  const canvas = new Canvas(tile.width, tile.height);
  canvas.put(tile, 0, 0);
  outline(canvas, boxOnPicture(box, drawing.viewport, tile), BOX);
  const chosen = chosenOf(kept);
  const share = chosen ? `, ${percent(chosen.share)} kept` : '';
  return {
    picture: canvas.picture,
    words: `${heading}\nLSC ${lsc.toFixed(2)}${share}, ${seconds.toFixed(2)} s`,
  };
}
