import { Canvas, type Colour } from './canvas.js';
import { HEAT_COLOURS } from './heat-colours.js';
import { lettering } from './lettering.js';
import type { Picture } from './png.js';

/** A line of a legend: words, words beside a colour, or the scale of heat between two words. */
export type LegendEntry = string | { colour: Colour; text: string } | { scale: readonly [string, string] };

/** Pixels of the font: a part of the picture's width, within what can be read and what is worth the room. */
const SIZE = { share: 1 / 38, least: 12, most: 44 };
/** Narrower pictures get a wider ground. */
const NARROWEST = 240;

/** A picture with a legend below it, outside the image. */
export async function withLegend(picture: Picture, entries: readonly LegendEntry[]): Promise<Picture> {
  const width = Math.max(NARROWEST, picture.width);
  const size = Math.round(Math.min(SIZE.most, Math.max(SIZE.least, width * SIZE.share)));
  const margin = Math.round(0.8 * size);
  const lines = await Promise.all(entries.map((entry) => lineOf(entry, size, width - 2 * margin)));
  const gap = Math.round(0.5 * size);
  const band = 2 * margin + lines.reduce((sum, { height }) => sum + height + gap, -gap);
  const canvas = new Canvas(width, picture.height + band);
  canvas.put(picture, Math.floor((width - picture.width) / 2), 0);
  let top = picture.height + margin;
  for (const line of lines) {
    line.draw(canvas, margin, top);
    top += line.height + gap;
  }
  return canvas.picture;
}

interface Line {
  height: number;
  draw(canvas: Canvas, left: number, top: number): void;
}

async function lineOf(entry: LegendEntry, size: number, width: number): Promise<Line> {
  if (typeof entry === 'string') {
    const words = await lettering(entry, size, width);
    return { height: words.height, draw: (canvas, left, top) => canvas.ink(words, left, top) };
  }
  const indent = Math.round(1.6 * size);
  if ('colour' in entry) {
    const words = await lettering(entry.text, size, width - indent);
    return {
      height: Math.max(size, words.height),
      draw(canvas, left, top) {
        canvas.fill(left, top, size, size, () => entry.colour);
        canvas.ink(words, left + indent, top + Math.max(0, Math.floor((size - words.height) / 2)));
      },
    };
  }
  const [low, high] = await Promise.all(entry.scale.map((word) => lettering(word, size, width)));
  const space = Math.round(0.6 * size);
  const bar = Math.max(size, Math.min(20 * size, width - low.width - high.width - 2 * space));
  return {
    height: Math.max(size, low.height, high.height),
    draw(canvas, left, top) {
      canvas.ink(low, left, top);
      const start = left + low.width + space;
      canvas.fill(start, top, bar, size, (x) => heatAt(x / (bar - 1)));
      canvas.ink(high, start + bar + space, top);
    },
  };
}

function heatAt(share: number): Colour {
  const entry = 3 * Math.round(255 * share);
  return [HEAT_COLOURS[entry], HEAT_COLOURS[entry + 1], HEAT_COLOURS[entry + 2]];
}
