/** A picture of any number of channels, pixel by pixel: `data[(y·width + x)·channels + c]`. */
export interface InterleavedPicture {
  height: number;
  width: number;
  channels: number;
  data: Float32Array;
}

/** A picture as a graph: every pair of neighbours, and its edges from the cheapest to the dearest. */
export interface PixelGraph {
  pixels: number;
  from: Uint32Array;
  to: Uint32Array;
  costs: Float64Array;
  order: Uint32Array;
}

/**
 * Segments of a picture by Felzenszwalb and Huttenlocher (2004): edges are looked at from the cheapest on, and join two segments where they cost less than the dearest edge within
 * either of them plus scale / (255 · its pixels). Segments of fewer than `minSize` pixels are joined afterwards. The picture is expected
 * to be smoothed already; the numbers are those of scikit-image.
 * @returns the segment of every pixel, numbered from 0 in the order of their first pixels
 */
export function felzenszwalb(
  { pixels, from, to, costs, order }: PixelGraph,
  scale: number,
  minSize: number,
): Uint32Array {
  const parent = Uint32Array.from({ length: pixels }, (_, at) => at);
  const size = new Uint32Array(pixels).fill(1);
  const dearest = new Float64Array(pixels);
  const rootOf = (pixel: number): number => {
    let at = pixel;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]];
    return at;
  };
  const join = (one: number, other: number): number => {
    const [root, child] = one < other ? [one, other] : [other, one];
    parent[child] = root;
    size[root] += size[child];
    return root;
  };
  const allowance = scale / 255;
  for (const edge of order) {
    const one = rootOf(from[edge]);
    const other = rootOf(to[edge]);
    if (one === other) continue;
    const most = Math.min(dearest[one] + allowance / size[one], dearest[other] + allowance / size[other]);
    if (costs[edge] < most) dearest[join(one, other)] = costs[edge];
  }
  for (const edge of order) {
    const one = rootOf(from[edge]);
    const other = rootOf(to[edge]);
    if (one !== other && (size[one] < minSize || size[other] < minSize)) join(one, other);
  }
  // A root is the first pixel of its segment.
  const number = new Uint32Array(pixels);
  const labels = new Uint32Array(pixels);
  let count = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const root = rootOf(pixel);
    if (root === pixel) number[pixel] = count++;
    labels[pixel] = number[root];
  }
  return labels;
}

/** Pixels and their eight neighbours; an edge costs the distance of two colours. */
export function pixelGraph({ height, width, channels, data }: InterleavedPicture): PixelGraph {
  // Right, down, down and right, down and left: every pair of neighbours once.
  const steps = [
    [0, 1],
    [1, 0],
    [1, 1],
    [1, -1],
  ];
  const most = 4 * height * width;
  const from = new Uint32Array(most);
  const to = new Uint32Array(most);
  const costs = new Float64Array(most);
  let count = 0;
  for (const [down, across] of steps) {
    for (let y = 0; y + down < height; y++) {
      for (let x = Math.max(0, -across); x + Math.max(0, across) < width; x++) {
        const one = y * width + x;
        const other = one + down * width + across;
        let squares = 0;
        for (let c = 0; c < channels; c++)
          squares += (data[one * channels + c] - data[other * channels + c]) ** 2;
        from[count] = one;
        to[count] = other;
        costs[count++] = Math.sqrt(squares);
      }
    }
  }
  const order = Uint32Array.from({ length: count }, (_, at) => at);
  order.sort((a, b) => costs[a] - costs[b] || a - b);
  return { pixels: height * width, from, to, costs, order };
}
