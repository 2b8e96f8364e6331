/** Columns [left, right), rows [top, bottom). */
export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The tightest rectangle around the wanted pixels of a row-major picture; null where none is wanted. */
export function boundsOf(
  { height, width }: { height: number; width: number },
  wanted: (pixel: number) => boolean,
): Bounds | null {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      if (!wanted(pixel)) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return right > left ? { left, top, right, bottom } : null;
}
