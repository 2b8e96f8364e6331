import test from 'ava';
import type { FirstLayer } from '../../dist/graph/split.js';
import { cellAt, cellGrid, inputGeometry } from '../../dist/masks/cells.js';
import { encodeMaskProblem } from '../../dist/masks/encode.js';
import { exactRowSign } from '../../dist/masks/exact.js';
import { ReceptiveFields } from '../../dist/masks/receptive-field.js';
import { maskedScores, scorePixels } from '../../dist/explainers/score.js';
import { keptArea, scoreCells } from '../../dist/masks/window-mask.js';
import { randomNumbers } from '../support/random-numbers.js';

const tensor = (next: () => number, shape: number[]) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next() * 2 - 1),
  shape,
});

/** A random first layer of every kind: 1-D and 2-D convolutions with all their attributes, dense layers. */
function randomLayer(next: () => number): FirstLayer {
  const pick = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  if (next() < 0.25) {
    const inputShape = [[7], [4, 5], [2, 3, 4]][pick(0, 2)];
    const inputs = inputShape.reduce((a, b) => a * b, 1);
    const outputs = pick(1, 4);
    return {
      kind: 'dense',
      inputShape,
      weights: tensor(next, [inputs, outputs]),
      bias: tensor(next, [outputs]).data,
      outputShape: [outputs],
    };
  }
  const spatial = next() < 0.3 ? 1 : 2;
  const axes = (least: number, most: number) => Array.from({ length: spatial }, () => pick(least, most));
  const groups = pick(1, 2);
  const inputShape = [groups * pick(1, 2), ...axes(5, 9)];
  const kernel = axes(1, 3);
  const strides = axes(1, 3);
  const dilations = axes(1, 2);
  const pads = [...axes(0, 2), ...axes(0, 2)];
  const outputs = groups * pick(1, 2);
  const sides = kernel.map(
    (size, axis) =>
      Math.floor(
        (inputShape[axis + 1] + pads[axis] + pads[axis + spatial] - (size - 1) * dilations[axis] - 1) /
          strides[axis],
      ) + 1,
  );
  return {
    kind: 'conv',
    inputShape,
    weights: tensor(next, [outputs, inputShape[0] / groups, ...kernel]),
    bias: tensor(next, [outputs]).data,
    strides,
    pads,
    dilations,
    groups,
    outputShape: [outputs, ...sides],
  };
}

/** (W₁ X + b₁) of one node by the definition, and the flat input positions that it reads. */
function nodeByDefinition(
  layer: FirstLayer,
  x: Float32Array,
  node: number,
): { value: number; reads: Set<number> } {
  const reads = new Set<number>();
  if (layer.kind === 'dense') {
    let value = layer.bias[node];
    x.forEach((one, at) => {
      reads.add(at);
      value += one * layer.weights.data[at * layer.outputShape[0] + node];
    });
    return { value, reads };
  }
  const [channels, ...sides] = layer.inputShape;
  const [outputs, perGroup, ...kernel] = layer.weights.shape;
  const [, ...outputSides] = layer.outputShape;
  const positions: number[] = [];
  let rest = node;
  for (const side of [...outputSides].reverse()) {
    positions.unshift(rest % side);
    rest = Math.floor(rest / side);
  }
  const group = Math.floor(rest / (outputs / layer.groups));
  let value = layer.bias[rest];
  const taps = kernel.reduce((a, b) => a * b, 1);
  for (let c = 0; c < channels / layer.groups; c++) {
    for (let tap = 0; tap < taps; tap++) {
      const offsets = kernel.length === 2 ? [Math.floor(tap / kernel[1]), tap % kernel[1]] : [tap];
      const at = offsets.map(
        (k, axis) => positions[axis] * layer.strides[axis] - layer.pads[axis] + k * layer.dilations[axis],
      );
      if (at.some((p, axis) => p < 0 || p >= sides[axis])) continue;
      const flat = at.reduce((sum, p, axis) => sum * sides[axis] + p, group * perGroup + c);
      reads.add(flat);
      value += x[flat] * layer.weights.data[(rest * perGroup + c) * taps + tap];
    }
  }
  return { value, reads };
}

test('a row holds exactly when the masked layer keeps more than γ of its pre-activation', (t) => {
  const next = randomNumbers(3);
  let rowsCompared = 0;
  for (let round = 0; round < 300; round++) {
    const layer = randomLayer(next);
    const geometry = inputGeometry(layer);
    const grid = cellGrid(
      geometry,
      1 + Math.floor(next() * Math.min(3, Math.max(geometry.height, geometry.width))),
    );
    const x = tensor(next, [1, ...layer.inputShape]);
    const nodes = [...Array(layer.outputShape.reduce((a, b) => a * b, 1)).keys()];
    const gamma = round % 3 === 0 ? 0 : next() * 0.95;
    const { problem, constrained } = encodeMaskProblem(
      layer,
      geometry,
      grid,
      { kind: 'activation', x, blank: null, gamma },
      nodes,
    );
    t.is(problem.variables, grid.rows * grid.columns);
    t.deepEqual(
      [...constrained],
      nodes.filter((node) => nodeByDefinition(layer, x.data, node).value > 0),
    );

    for (let trial = 0; trial < 3; trial++) {
      const mask = Uint8Array.from({ length: problem.variables }, () => (next() < 0.5 ? 1 : 0));
      const plane = geometry.height * geometry.width;
      const masked = x.data.map((value, at) => {
        const position = at % plane;
        return mask[cellAt(grid, Math.floor(position / geometry.width), position % geometry.width)]
          ? value
          : 0;
      });
      constrained.forEach((node, row) => {
        const { value } = nodeByDefinition(layer, masked, node);
        const bound = gamma * nodeByDefinition(layer, x.data, node).value;
        // Where the two sides meet up to float64 rounding either answer is right.
        if (Math.abs(value - bound) < 1e-12) return;
        rowsCompared++;
        t.is(exactRowSign(problem, row, mask) > 0, value > bound);
      });
    }
  }
  t.true(rowsCompared > 5000);
});

test('the whole mask satisfies every row exactly, for γ up to the last double below 1', (t) => {
  const next = randomNumbers(5);
  for (let round = 0; round < 200; round++) {
    const layer = randomLayer(next);
    const geometry = inputGeometry(layer);
    const grid = cellGrid(geometry, 1);
    const x = tensor(next, [1, ...layer.inputShape]);
    const nodes = [...Array(layer.outputShape.reduce((a, b) => a * b, 1)).keys()];
    for (const gamma of [0, 0.5, 0.999999, 1 - 2 ** -53]) {
      const { problem, constrained } = encodeMaskProblem(
        layer,
        geometry,
        grid,
        { kind: 'activation', x, blank: null, gamma },
        nodes,
      );
      const whole = new Uint8Array(problem.variables).fill(1);
      constrained.forEach((_, row) => t.is(exactRowSign(problem, row, whole), 1));
    }
  }
});

test('an image with channels last is read as such by a dense layer', (t) => {
  const layer: FirstLayer = {
    kind: 'dense',
    inputShape: [2, 2, 3],
    weights: { data: new Float32Array(12).fill(1), shape: [12, 1] },
    bias: Float32Array.of(0),
    outputShape: [1],
  };
  const geometry = inputGeometry(layer, true);
  t.deepEqual([geometry.height, geometry.width, geometry.channels], [2, 2, 3]);
  const x = { data: Float32Array.from({ length: 12 }, (_, at) => at + 1), shape: [1, 2, 2, 3] };
  const { problem } = encodeMaskProblem(
    layer,
    geometry,
    cellGrid(geometry, 1),
    { kind: 'activation', x, blank: null, gamma: 0 },
    [0],
  );
  t.deepEqual([...problem.coefficients], [1 + 2 + 3, 4 + 5 + 6, 7 + 8 + 9, 10 + 11 + 12]);
});

test('receptive fields hold all positions a node reads; scores add up over them', (t) => {
  const next = randomNumbers(9);
  for (let round = 0; round < 100; round++) {
    const layer = randomLayer(next);
    const geometry = inputGeometry(layer);
    const grid = cellGrid(geometry, 2);
    const x = tensor(next, [1, ...layer.inputShape]).data;
    const count = layer.outputShape.reduce((a, b) => a * b, 1);
    const nodes = [...Array(count).keys()].filter(() => next() < 0.4);
    const worth = Float32Array.from({ length: count }, () => Math.fround(next()));
    const plane = geometry.height * geometry.width;
    const sum = new Float64Array(plane);
    const most = new Float64Array(plane);
    for (const node of nodes) {
      const seen = new Set([...nodeByDefinition(layer, x, node).reads].map((at) => at % plane));
      const field = new ReceptiveFields(layer, geometry).of(node);
      t.deepEqual(
        field.rows.flatMap((y) => field.columns.map((x) => y * geometry.width + x)),
        [...seen].sort((a, b) => a - b),
      );
      for (const pixel of seen) {
        sum[pixel] += worth[node];
        most[pixel] = Math.max(most[pixel], worth[node]);
      }
    }
    t.deepEqual(scorePixels(layer, geometry, grid, nodes, worth, 'sum'), Float32Array.from(sum));
    t.deepEqual(scorePixels(layer, geometry, grid, nodes, worth, 'max'), Float32Array.from(most));
    const mask = Uint8Array.from({ length: grid.rows * grid.columns }, () => (next() < 0.5 ? 1 : 0));
    const kept = maskedScores({ ...grid, cells: mask }, Float32Array.from(sum));
    let area = 0;
    for (let pixel = 0; pixel < plane; pixel++) {
      const inside = mask[cellAt(grid, Math.floor(pixel / geometry.width), pixel % geometry.width)];
      area += inside;
      t.is(kept[pixel], inside ? Math.fround(sum[pixel]) : 0);
    }
    t.is(keptArea({ ...grid, cells: mask }), area / plane);
    const total = scoreCells(grid, kept).reduce((a, b) => a + b, 0);
    t.true(Math.abs(total - kept.reduce((a, b) => a + b, 0)) < 1e-3);
  }
});

test('a window beyond the input is refused by name', (t) => {
  const geometry = { channels: 1, height: 28, width: 20, channelStride: 560, rowStride: 20, columnStride: 1 };
  for (const window of [0, 29, 1.5, NaN])
    t.throws(() => cellGrid(geometry, window), { instanceOf: RangeError, message: /window/ });
  t.deepEqual(cellGrid(geometry, 3), { height: 28, width: 20, window: 3, rows: 10, columns: 7 });
});
