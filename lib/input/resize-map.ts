interface Size {
  height: number;
  width: number;
}

/** One plane of numbers resized bilinearly, half-pixel centres, its edges repeated: as Pillow enlarges and PyTorch interpolates. */
export function resizeBilinear(values: ArrayLike<number>, from: Size, to: Size): Float32Array {
  const rows = places(from.height, to.height);
  const columns = places(from.width, to.width);
  const resized = new Float32Array(to.height * to.width);
  for (let y = 0; y < to.height; y++) {
    const { low: top, high: bottom, share: down } = rows[y];
    for (let x = 0; x < to.width; x++) {
      const { low: left, high: right, share: across } = columns[x];
      const above =
        values[top * from.width + left] * (1 - across) + values[top * from.width + right] * across;
      const below =
        values[bottom * from.width + left] * (1 - across) + values[bottom * from.width + right] * across;
      resized[y * to.width + x] = above * (1 - down) + below * down;
    }
  }
  return resized;
}

/** Between which two places of the source each place of the target lies, and how far on the way. */
function places(from: number, to: number): { low: number; high: number; share: number }[] {
  return Array.from({ length: to }, (_, at) => {
    const place = Math.min(from - 1, Math.max(0, ((at + 0.5) * from) / to - 0.5));
    const low = Math.floor(place);
    return { low, high: Math.min(from - 1, low + 1), share: place - low };
  });
}
