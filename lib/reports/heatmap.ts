import type { Drawing } from '../explainers/drawing.js';
import { heatLevels, inputAxes } from './canvas.js';
import { HEAT_COLOURS } from './heat-colours.js';
import type { Picture } from './png.js';

/**
 * The square root of the saliency s_ij at the original picture's size, in colours from black (none, and wherever
 * the network does not look) to pale yellow (the largest).
 */
export function drawHeatmap(drawing: Drawing): Picture {
  const { width, height } = drawing.image;
  const { columns, rows } = inputAxes(drawing.viewport, width, height);
  const levels = heatLevels(drawing.saliency);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const level = rows[y] < 0 || columns[x] < 0 ? 0 : levels[rows[y] * drawing.mask.width + columns[x]];
      data[to] = HEAT_COLOURS[level * 3];
      data[to + 1] = HEAT_COLOURS[level * 3 + 1];
      data[to + 2] = HEAT_COLOURS[level * 3 + 2];
    }
  }
  return { width, height, channels: 3, data };
}
