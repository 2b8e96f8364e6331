import { CellRole } from '../solvers/choice/core.js';
import type { Drawing } from '../explainers/drawing.js';
import { cellPixels } from '../masks/window-mask.js';
import { inputAxes } from './input-axes.js';
import { dimPixel } from './overlay.js';
import type { Picture } from './png.js';

/** Orange and blue, told apart by every kind of colour vision (Okabe and Ito 2008). */
export const CORE_COLOURS = { every: [230, 159, 0], some: [0, 114, 178] } as const;
/** How much of a pixel the colour of its cell covers: enough to tell, little enough to see what is there. */
const COVER = 0.6;
const FAINT = 0.3;
/** Brightness that is left of what no smallest mask keeps, and of what the network never sees. */
const DIMMED = 0.4;
const UNSEEN = 0.15;
/** Brightness under a colour, so that dark pictures show it too. */
const LIFTED = 60;

/**
 * What all smallest masks have in common: cells that every one keeps in orange, cells that only some keep in blue
 * (strong where the mask shown keeps them, faint where it does not), all others dimmed and grey. Cells that all
 * masks seen so far keep, unproven, are faintly orange.
 */
export function drawCore(drawing: Drawing): Picture {
  const { image, mask } = drawing;
  const { core } = mask;
  if (!core) throw new TypeError('drawing.mask.core: expected the roles of the cells, got none');
  const { width, height, channels } = image;
  const { columns, rows } = inputAxes(drawing.viewport, width, height);
  const cells = cellPixels(mask);
  const data = new Uint8Array(width * height * 3);
  const step = channels === 3 ? 1 : 0;
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const from = pixel * channels;
      const colour = [image.data[from], image.data[from + step], image.data[from + 2 * step]];
      if (rows[y] < 0 || columns[x] < 0) {
        dimPixel(data, pixel, colour, UNSEEN);
        continue;
      }
      const cell = cells[rows[y] * mask.width + columns[x]];
      const role = core.roles[cell];
      if (role === CellRole.none) {
        dimPixel(data, pixel, colour, DIMMED);
        continue;
      }
      const strong = role === CellRole.every ? core.proven[cell] === 1 : mask.cells[cell] === 1;
      const tint = role === CellRole.every ? CORE_COLOURS.every : CORE_COLOURS.some;
      const cover = strong ? COVER : FAINT;
      for (let c = 0; c < 3; c++) {
        const lifted = LIFTED + (colour[c] * (255 - LIFTED)) / 255;
        data[pixel * 3 + c] = Math.round(lifted + (tint[c] - lifted) * cover);
      }
    }
  }
  return { width, height, channels: 3, data };
}
