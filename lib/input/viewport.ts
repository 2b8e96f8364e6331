import type { Viewport } from '../api/picture.js';

/** Whether the network sees all of the picture, but for less than a pixel at its borders. */
export function seesWhole({ x, y, width, height, originalWidth, originalHeight }: Viewport): boolean {
  return x < 1 && y < 1 && x + width > originalWidth - 1 && y + height > originalHeight - 1;
}

/** A rectangle in pixels of the original picture. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The part of the original that input columns [left, right) and rows [top, bottom) cover, cut at its borders. */
export function originalBox(view: Viewport, left: number, top: number, right: number, bottom: number): Box {
  const across = view.width / view.inputWidth;
  const down = view.height / view.inputHeight;
  const x = clamp(view.x + left * across, view.originalWidth);
  const y = clamp(view.y + top * down, view.originalHeight);
  return {
    x,
    y,
    width: clamp(view.x + right * across, view.originalWidth) - x,
    height: clamp(view.y + bottom * down, view.originalHeight) - y,
  };
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
