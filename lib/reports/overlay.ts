import type { Drawing } from '../explainers/drawing.js';
import { maskPixels } from '../masks/window-mask.js';
import { atOnce, rowsPerPiece, type Pieces } from '../threads/in-pieces.js';
import { heatLevels, inputAxes } from './input-axes.js';
import { HEAT_COLOURS } from './heat-colours.js';
import type { Picture } from './png.js';

/** Brightness that is left of pixels the mask drops, and of those the network never sees. */
const DIMMED = 0.4;
const UNSEEN = 0.15;
/** How much the strongest heat covers of a kept pixel. */
const HEAT_COVER = 0.7;
/** The dark end of the colour scale is left out: heat is to brighten what is kept. */
const COLDEST = 96;

/**
 * The input with everything outside the mask dimmed and grey, and the saliency laid over the kept pixels in the
 * heat map's colours.
 */
export function drawOverlay(drawing: Drawing): Picture {
  return atOnce(overlayInPieces(drawing));
}

/** The same in pieces: a large picture takes longer than others should wait. */
export function* overlayInPieces(drawing: Drawing): Pieces<Picture> {
  const { image, mask } = drawing;
  const { width, height } = image;
  const { columns, rows } = inputAxes(drawing.viewport, width, height);
  const kept = maskPixels(mask);
  const levels = heatLevels(drawing.saliency);
  const data = new Uint8Array(width * height * 3);
  const piece = rowsPerPiece(width);
  for (let y = 0, pixel = 0; y < height; y++) {
    if (y % piece === piece - 1) yield;
    for (let x = 0; x < width; x++, pixel++) {
      const at = rows[y] < 0 || columns[x] < 0 ? -1 : rows[y] * mask.width + columns[x];
      const from = pixel * image.channels;
      const step = image.channels === 3 ? 1 : 0;
      const colour = [image.data[from], image.data[from + step], image.data[from + 2 * step]];
      if (at < 0 || !kept[at]) dimPixel(data, pixel, colour, at < 0 ? UNSEEN : DIMMED);
      else {
        const [r, g, b] = colour;
        const to = pixel * 3;
        const heat = levels[at];
        const cover = (HEAT_COVER * heat) / 255;
        const entry = 3 * Math.round(COLDEST + ((255 - COLDEST) * heat) / 255);
        data[to] = r + (HEAT_COLOURS[entry] - r) * cover;
        data[to + 1] = g + (HEAT_COLOURS[entry + 1] - g) * cover;
        data[to + 2] = b + (HEAT_COLOURS[entry + 2] - b) * cover;
      }
    }
  }
  return { width, height, channels: 3, data };
}

/** A pixel's colour mostly grey and at `left` of its brightness; a little of the colour stays to recognise it by. */
export function dimPixel(data: Uint8Array, pixel: number, colour: readonly number[], left: number): void {
  const luma = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
  for (let c = 0; c < 3; c++) data[pixel * 3 + c] = left * (0.7 * luma + 0.3 * colour[c]);
}
