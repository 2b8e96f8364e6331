import type { Drawing } from '../explainers/drawing.js';
import { heatLevels, inputAxes } from './input-axes.js';
import { HEAT_COLOURS } from './heat-colours.js';
import type { Picture } from './png.js';

/** Brightness of the picture underneath. */
const UNDERNEATH = 0.45;
/** From this entry of the colour scale on nothing of the picture shows through. */
const OPAQUE = 128;

/**
 * The square root of the saliency s_ij over the picture in dark grey, at its size: nothing where there is none and wherever
 * the network does not look, then colours up to pale yellow for the largest.
 */
export function drawHeatmap(drawing: Drawing): Picture {
  const { image } = drawing;
  const { width, height, channels } = image;
  const { columns, rows } = inputAxes(drawing.viewport, width, height);
  const levels = heatLevels(drawing.saliency);
  const data = new Uint8Array(width * height * 3);
  const step = channels === 3 ? 1 : 0;
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const level = rows[y] < 0 || columns[x] < 0 ? 0 : levels[rows[y] * drawing.mask.width + columns[x]];
      const from = pixel * channels;
      const luma =
        0.299 * image.data[from] + 0.587 * image.data[from + step] + 0.114 * image.data[from + 2 * step];
      const cover = Math.min(1, level / OPAQUE);
      for (let c = 0; c < 3; c++)
        data[3 * pixel + c] = cover * HEAT_COLOURS[3 * level + c] + (1 - cover) * UNDERNEATH * luma;
    }
  }
  return { width, height, channels: 3, data };
}
