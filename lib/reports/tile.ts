import type { Viewport } from '../api/picture.js';
import type { OpaqueImage } from '../input/raw-image.js';
import { loadSharp } from '../input/sharp.js';
import type { Bounds } from '../masks/bounds.js';
import type { Canvas, Colour } from './canvas.js';
import type { Picture } from './png.js';

/** Pixels per side of a picture's place on a sheet, between two, and of the font. */
export const TILE = { side: 256, gap: 12, letters: 13 };

/** A picture as large as its place allows; small ones in whole pixels. */
export async function fitted({ data, width, height, channels }: OpaqueImage): Promise<Picture> {
  const sharp = await loadSharp();
  const raw = { width, height, channels };
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(Uint8ClampedArray.from(data).buffer);
  const kernel = Math.max(width, height) < TILE.side ? 'nearest' : 'lanczos3';
  const { data: pixels, info } = await sharp(bytes, { raw, limitInputPixels: false })
    .resize(TILE.side, TILE.side, { fit: 'inside', kernel })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels as 1 | 3, data: pixels };
}

/** Where a box of the model's input lies on a picture of this size that shows the whole original; the ends exclusive. */
export function boxOnPicture(
  box: Bounds,
  viewport: Viewport,
  { width, height }: { width: number; height: number },
): Bounds {
  const across = (at: number) =>
    ((viewport.x + (at * viewport.width) / viewport.inputWidth) * width) / viewport.originalWidth;
  const down = (at: number) =>
    ((viewport.y + (at * viewport.height) / viewport.inputHeight) * height) / viewport.originalHeight;
  const within = (at: number, most: number) => Math.min(most, Math.max(0, Math.round(at)));
  return {
    left: within(across(box.left), width),
    top: within(down(box.top), height),
    right: within(across(box.right), width),
    bottom: within(down(box.bottom), height),
  };
}

/** The border of a box on a canvas, two pixels wide and inside it, dark around so that it shows on any picture. */
export function outline(canvas: Canvas, { left, top, right, bottom }: Bounds, colour: Colour): void {
  const frame = (inset: number, wide: number, ink: Colour) => {
    const [x, y] = [left + inset, top + inset];
    const [w, h] = [right - left - 2 * inset, bottom - top - 2 * inset];
    canvas.fill(x, y, w, wide, () => ink);
    canvas.fill(x, y + h - wide, w, wide, () => ink);
    canvas.fill(x, y, wide, h, () => ink);
    canvas.fill(x + w - wide, y, wide, h, () => ink);
  };
  frame(0, 4, [0, 0, 0]);
  frame(1, 2, colour);
}
