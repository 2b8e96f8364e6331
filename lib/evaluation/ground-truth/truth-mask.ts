import type { Viewport } from '../../api/picture.js';
import type { Box } from '../../input/viewport.js';

/** One byte per pixel of the model's input, row-major: 1 where the pixel's middle lies in one of the boxes. */
export function truthMask(boxes: readonly Box[], view: Viewport): Uint8Array {
  const { inputWidth, inputHeight } = view;
  const mask = new Uint8Array(inputWidth * inputHeight);
  const middles = (count: number, start: number, length: number) =>
    Array.from({ length: count }, (_, at) => start + ((at + 0.5) * length) / count);
  const columns = middles(inputWidth, view.x, view.width);
  const rows = middles(inputHeight, view.y, view.height);
  for (const { x, y, width, height } of boxes) {
    rows.forEach((row, v) => {
      if (row < y || row >= y + height) return;
      columns.forEach((column, u) => {
        if (column >= x && column < x + width) mask[v * inputWidth + u] = 1;
      });
    });
  }
  return mask;
}
