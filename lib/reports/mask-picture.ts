import type { Drawing } from '../explainers/drawing.js';
import { maskPixels } from '../masks/window-mask.js';
import { inputAxes } from './input-axes.js';
import type { Picture } from './png.js';

/** The mask at the original picture's size: kept pixels white, all others black; one channel. */
export function drawMask(drawing: Drawing): Picture {
  const { width, height } = drawing.image;
  const { columns, rows } = inputAxes(drawing.viewport, width, height);
  const kept = maskPixels(drawing.mask);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    if (rows[y] < 0) continue;
    const line = rows[y] * drawing.mask.width;
    for (let x = 0; x < width; x++) if (columns[x] >= 0 && kept[line + columns[x]]) data[y * width + x] = 255;
  }
  return { width, height, channels: 1, data };
}
