/**
 * EXIF orientation (tag 0x0112): how the stored pixels must be turned to stand upright.
 *
 *   1 as stored   2 mirrored left-right   3 turned 180°          4 mirrored top-bottom
 *   5 transposed  6 turned 90° clockwise  7 transposed across    8 turned 90° anticlockwise
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** True when the upright picture has width and height swapped. */
export function swapsSides(orientation: Orientation): boolean {
  return orientation >= 5;
}

/** Interleaved bytes of the upright picture. Width and height are those of the stored pixels. */
export function turnUpright(
  stored: Uint8Array,
  width: number,
  height: number,
  channels: number,
  orientation: Orientation,
): Uint8Array {
  if (orientation === 1) return stored;
  const fromRight = orientation === 2 || orientation === 3 || orientation === 7 || orientation === 8;
  const fromBottom = orientation === 3 || orientation === 4 || orientation === 6 || orientation === 7;
  const swapped = swapsSides(orientation);
  const [uprightWidth, uprightHeight] = swapped ? [height, width] : [width, height];
  const upright = new Uint8Array(stored.length);
  let to = 0;
  for (let y = 0; y < uprightHeight; y++) {
    for (let x = 0; x < uprightWidth; x++) {
      // (u, v) walks the stored picture: its columns when sides are swapped, else its rows.
      const u = swapped ? y : x;
      const v = swapped ? x : y;
      const from = ((fromBottom ? height - 1 - v : v) * width + (fromRight ? width - 1 - u : u)) * channels;
      for (let c = 0; c < channels; c++) upright[to++] = stored[from + c];
    }
  }
  return upright;
}
