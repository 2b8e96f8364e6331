/**
 * XRAI's order of merging (Kapishnikov, Bolukbasi, Viégas, Terry 2019): again and again the segment whose pixels not yet covered have the
 * highest mean attribution is taken, and gives them that mean as their score. Segments that add fewer than `least` pixels are left
 * out; what no segment covers gets its own mean.
 * @param segments the pixels of every segment; they may overlap
 * @returns one score per pixel
 */
export function mergeSegments(
  attribution: ArrayLike<number>,
  segments: readonly Uint32Array[],
  least: number,
): Float32Array {
  const pixels = attribution.length;
  const holders = segmentsOfPixels(pixels, segments);
  const left = Uint32Array.from(segments, (segment) => segment.length);
  const sums = Float64Array.from(segments, (segment) => sumOf(segment, attribution));
  const scores = new Float32Array(pixels);
  const covered = new Uint8Array(pixels);
  let open = [...segments.keys()];
  for (;;) {
    open = open.filter((segment) => left[segment] >= least);
    if (open.length === 0) break;
    let best = open[0];
    for (const segment of open) if (sums[segment] / left[segment] > sums[best] / left[best]) best = segment;
    const added = segments[best].filter((pixel) => covered[pixel] === 0);
    // Summed afresh: what is left after many subtractions is not exact.
    const mean = sumOf(added, attribution) / added.length;
    for (const pixel of added) {
      covered[pixel] = 1;
      scores[pixel] = mean;
      for (let at = holders.starts[pixel]; at < holders.starts[pixel + 1]; at++) {
        left[holders.segments[at]]--;
        sums[holders.segments[at]] -= attribution[pixel];
      }
    }
  }
  const rest = Uint32Array.from(covered.keys()).filter((pixel) => covered[pixel] === 0);
  const mean = rest.length === 0 ? 0 : sumOf(rest, attribution) / rest.length;
  for (const pixel of rest) scores[pixel] = mean;
  return scores;
}

function sumOf(pixels: Uint32Array, values: ArrayLike<number>): number {
  let sum = 0;
  for (const pixel of pixels) sum += values[pixel];
  return sum;
}

/** The segments that hold each pixel: those of pixel p are `segments[starts[p]] … segments[starts[p + 1] − 1]`. */
function segmentsOfPixels(pixels: number, segments: readonly Uint32Array[]) {
  const starts = new Uint32Array(pixels + 1);
  for (const segment of segments) for (const pixel of segment) starts[pixel + 1]++;
  for (let pixel = 0; pixel < pixels; pixel++) starts[pixel + 1] += starts[pixel];
  const next = starts.slice();
  const held = new Uint32Array(starts[pixels]);
  segments.forEach((segment, number) => {
    for (const pixel of segment) held[next[pixel]++] = number;
  });
  return { starts, segments: held };
}
