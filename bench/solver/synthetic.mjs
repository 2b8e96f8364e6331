// Mask problems of the shape networks make, from a seed: a drawn picture, a bank of random filters, the k nodes of
// the largest drawn attribution. For sweeps and for soaking the solver; everything is the same on every machine.

/** Numbers in [0, 1) (mulberry32). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Smooth blobs under fine noise, in [−1, 1]: what a preprocessed photograph looks like to a filter. */
function drawPicture(side, random) {
  const blobs = Array.from({ length: 8 }, () => ({
    y: random() * side,
    x: random() * side,
    radius: side * (0.08 + 0.25 * random()),
    height: random() * 2 - 1,
  }));
  return Float64Array.from({ length: side * side }, (_, at) => {
    const y = Math.floor(at / side);
    const x = at % side;
    let value = 0.15 * (random() * 2 - 1);
    for (const blob of blobs) {
      const distance = ((y - blob.y) ** 2 + (x - blob.x) ** 2) / blob.radius ** 2;
      value += blob.height * Math.exp(-distance);
    }
    return Math.max(-1, Math.min(1, value));
  });
}

/** Oriented waves in a Gaussian window, as first layers learn them. */
function drawFilter(kernel, random) {
  const angle = random() * Math.PI;
  const frequency = ((0.5 + random()) * (2 * Math.PI)) / Math.max(2, kernel);
  const phase = random() * 2 * Math.PI;
  const middle = (kernel - 1) / 2;
  return Float64Array.from({ length: kernel * kernel }, (_, at) => {
    const y = Math.floor(at / kernel) - middle;
    const x = (at % kernel) - middle;
    const along = x * Math.cos(angle) + y * Math.sin(angle);
    const window = Math.exp(-(x * x + y * y) / (0.35 * kernel * kernel + 1e-9));
    return window * Math.cos(frequency * along + phase) + 0.05 * (random() * 2 - 1);
  });
}

/**
 * { variables, rows } for a picture of side × side pixels: for each of the k chosen nodes with a positive output o,
 * Σ (what the cell adds to o)·M > γ·o − bias. Cells are windows of `window` × `window` pixels.
 */
export function syntheticProblem({
  seed = 1,
  side = 64,
  k = 400,
  kernel = 5,
  stride = 2,
  window = 2,
  gamma = 0,
  filters = 16,
} = {}) {
  const random = randomNumbers(seed);
  const picture = drawPicture(side, random);
  const bank = Array.from({ length: filters }, () => ({
    weights: drawFilter(kernel, random),
    bias: 0.1 * (random() - 0.6),
  }));
  const positions = Math.floor((side - kernel) / stride) + 1;
  const cells = Math.ceil(side / window);
  const nodes = [];
  for (let filter = 0; filter < filters; filter++) {
    for (let p = 0; p < positions; p++) {
      for (let q = 0; q < positions; q++) {
        const { weights, bias } = bank[filter];
        let output = bias;
        for (let r = 0; r < kernel; r++) {
          for (let s = 0; s < kernel; s++) {
            output += weights[r * kernel + s] * picture[(p * stride + r) * side + q * stride + s];
          }
        }
        // Attribution: the output times a weight of the rest of the network, which differs from node to node.
        if (output > 0) nodes.push({ filter, p, q, output, attribution: output * random() ** 3 });
      }
    }
  }
  nodes.sort((a, b) => b.attribution - a.attribution);
  const rows = nodes.slice(0, k).map(({ filter, p, q, output }) => {
    const { weights, bias } = bank[filter];
    const sums = new Map();
    for (let r = 0; r < kernel; r++) {
      for (let s = 0; s < kernel; s++) {
        const y = p * stride + r;
        const x = q * stride + s;
        const cell = Math.floor(y / window) * cells + Math.floor(x / window);
        sums.set(cell, (sums.get(cell) ?? 0) + weights[r * kernel + s] * picture[y * side + x]);
      }
    }
    return { columns: [...sums.keys()], coefficients: [...sums.values()], lower: gamma * output - bias };
  });
  return { variables: cells * cells, rows };
}

/** The same problem with variables and rows in another order. */
export function shuffledProblem({ variables, rows }, seed) {
  const random = randomNumbers(seed);
  const shuffle = (list) => {
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  };
  const place = shuffle(Array.from({ length: variables }, (_, j) => j));
  return {
    variables,
    rows: shuffle(
      rows.map(({ columns, coefficients, lower }) => {
        const order = shuffle(columns.map((_, at) => at));
        return {
          columns: order.map((at) => place[columns[at]]),
          coefficients: order.map((at) => coefficients[at]),
          lower,
        };
      }),
    ),
  };
}

/** The rows of the largest set of variables that rows tie together. */
export function largestPart({ variables, rows }) {
  const parent = Array.from({ length: variables }, (_, j) => j);
  const find = (j) => {
    while (parent[j] !== j) j = parent[j] = parent[parent[j]];
    return j;
  };
  for (const { columns } of rows) for (const column of columns) parent[find(column)] = find(columns[0]);
  const counts = new Map();
  for (let j = 0; j < variables; j++) counts.set(find(j), (counts.get(find(j)) ?? 0) + 1);
  const root = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  const number = new Map();
  for (let j = 0; j < variables; j++) if (find(j) === root) number.set(j, number.size);
  return {
    variables: number.size,
    rows: rows
      .filter(({ columns }) => columns.length > 0 && find(columns[0]) === root)
      .map((row) => ({ ...row, columns: row.columns.map((column) => number.get(column)) })),
  };
}
