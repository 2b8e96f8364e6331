// Draws an image under its mask. Colours of heat run from violet over red and orange to pale yellow, as in the package's pictures.
import type { Viewport } from '../../lib/api/picture.js';
import { columnsOf } from './explaining.js';
import type { Grid } from './service.js';

export type View = 'kept' | 'heat' | 'alone' | 'image';

/** Of the pictures that are drawn; the page scales them. */
const LONGEST_SIDE = 1024;
/** How dark what is dropped becomes, and what the model never sees. */
const DIMMED = 0.72;
const UNSEEN = 0.86;
const HEAT = [
  [61, 25, 92],
  [136, 32, 110],
  [205, 62, 78],
  [243, 128, 45],
  [252, 199, 90],
  [253, 240, 176],
] as const;

/** CSS colour of a share of the largest score. */
export function heatColour(share: number): string {
  const at = Math.min(0.9999, Math.max(0, share)) * (HEAT.length - 1);
  const [low, high] = [HEAT[Math.floor(at)], HEAT[Math.floor(at) + 1]];
  const mixed = low.map((value, i) => Math.round(value + (high[i] - value) * (at - Math.floor(at))));
  return `rgb(${mixed.join(' ')})`;
}

/** Whole pixels per pixel of a small image, so that its squares stay square; large ones are reduced. */
export function canvasSize(width: number, height: number): { width: number; height: number } {
  const scale = LONGEST_SIDE / Math.max(width, height);
  const whole = scale >= 1 ? Math.floor(scale) : scale;
  return { width: Math.round(width * whole), height: Math.round(height * whole) };
}

/** Corners of a cell on a canvas that shows the whole image. */
function cellBox(cell: number, grid: Grid, viewport: Viewport, canvas: { width: number; height: number }) {
  const columns = columnsOf(grid);
  const [row, column] = [Math.floor(cell / columns), cell % columns];
  const across = (pixel: number) =>
    ((viewport.x + (Math.min(pixel, grid.width) / grid.width) * viewport.width) * canvas.width) /
    viewport.originalWidth;
  const down = (pixel: number) =>
    ((viewport.y + (Math.min(pixel, grid.height) / grid.height) * viewport.height) * canvas.height) /
    viewport.originalHeight;
  const { window } = grid;
  return {
    left: across(column * window),
    right: across((column + 1) * window),
    top: down(row * window),
    bottom: down((row + 1) * window),
  };
}

/** The cell under a point of the canvas, or null where the model does not look. */
export function cellAt(
  x: number,
  y: number,
  grid: Grid,
  viewport: Viewport,
  canvas: { width: number; height: number },
) {
  const at = (point: number, size: number, original: number, start: number, extent: number, pixels: number) =>
    Math.floor((((point / size) * original - start) / extent) * pixels);
  const px = at(x, canvas.width, viewport.originalWidth, viewport.x, viewport.width, grid.width);
  const py = at(y, canvas.height, viewport.originalHeight, viewport.y, viewport.height, grid.height);
  if (px < 0 || py < 0 || px >= grid.width || py >= grid.height) return null;
  return Math.floor(py / grid.window) * columnsOf(grid) + Math.floor(px / grid.window);
}

export interface Scene {
  image: ImageBitmap | null;
  view: View;
  grid: Grid | null;
  viewport: Viewport | null;
  /** How much of every cell shows, 0 … 1: between two masks it moves from one to the other. */
  shown: Float32Array | null;
  scores: readonly number[] | null;
  /** The cell that the pointer or the keyboard is on. */
  pointed: number | null;
}

export function paint(canvas: HTMLCanvasElement, scene: Scene): void {
  const { image, view, grid, viewport, shown, scores, pointed } = scene;
  const context = canvas.getContext('2d')!;
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  if (image === null) return;
  context.imageSmoothingEnabled = image.width > width;
  context.drawImage(image, 0, 0, width, height);
  if (grid === null || viewport === null || shown === null || view === 'image') return;
  const box = (cell: number) => {
    const { left, right, top, bottom } = cellBox(cell, grid, viewport, canvas);
    return [left, top, right - left, bottom - top] as const;
  };
  const top = scores?.reduce((most, score) => Math.max(most, score), 0) ?? 0;
  for (let cell = 0; cell < shown.length; cell++) {
    const hidden = 1 - shown[cell];
    if (view === 'heat' && scores && shown[cell] > 0) {
      context.globalAlpha = 0.82 * shown[cell];
      context.fillStyle = heatColour(top > 0 ? Math.sqrt(Math.max(0, scores[cell]) / top) : 0);
      context.fillRect(...box(cell));
    }
    if (hidden > 0) {
      context.globalAlpha = (view === 'alone' ? 1 : DIMMED) * hidden;
      context.fillStyle = view === 'alone' ? '#000' : '#141021';
      context.fillRect(...box(cell));
    }
  }
  context.globalAlpha = 1;
  shadeUnseen(context, viewport);
  outlineKept(context, scene, box);
  if (pointed !== null) {
    context.strokeStyle = '#fff';
    context.lineWidth = 3;
    const [left, up, wide, high] = box(pointed);
    context.strokeRect(left + 1.5, up + 1.5, wide - 3, high - 3);
  }
}

function shadeUnseen(context: CanvasRenderingContext2D, viewport: Viewport): void {
  const { width, height } = context.canvas;
  const [sx, sy] = [width / viewport.originalWidth, height / viewport.originalHeight];
  const seen = new Path2D();
  seen.rect(0, 0, width, height);
  seen.rect(viewport.x * sx, viewport.y * sy, viewport.width * sx, viewport.height * sy);
  context.globalAlpha = UNSEEN;
  context.fillStyle = '#0b0912';
  context.fill(seen, 'evenodd');
  context.globalAlpha = 1;
}

/** A line between what is kept and what is not. */
function outlineKept(
  context: CanvasRenderingContext2D,
  { grid, shown, view }: Scene,
  box: (cell: number) => readonly [number, number, number, number],
): void {
  if (view === 'alone') return;
  const columns = columnsOf(grid!);
  const kept = (cell: number) => shown![cell] > 0.5;
  const line = new Path2D();
  for (let cell = 0; cell < shown!.length; cell++) {
    if (!kept(cell)) continue;
    const [left, top, width, height] = box(cell);
    const column = cell % columns;
    const edge = (x1: number, y1: number, x2: number, y2: number) => {
      line.moveTo(x1, y1);
      line.lineTo(x2, y2);
    };
    if (column === 0 || !kept(cell - 1)) edge(left, top, left, top + height);
    if (column === columns - 1 || !kept(cell + 1)) edge(left + width, top, left + width, top + height);
    if (cell < columns || !kept(cell - columns)) edge(left, top, left + width, top);
    if (cell + columns >= shown!.length || !kept(cell + columns))
      edge(left, top + height, left + width, top + height);
  }
  context.strokeStyle = '#f5a13d';
  context.lineWidth = 2.5;
  context.lineCap = 'square';
  context.stroke(line);
}
