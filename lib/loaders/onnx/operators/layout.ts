import { broadcastArray } from '../../../graph/array-operations.js';
import { broadcastShapes } from '../../../graph/broadcast.js';
import { sizeOf } from '../../../tensor.js';
import { hostValue, type Conversion, type OperatorDefinition, type Value } from '../conversion.js';

function reshape(node: Conversion): Value {
  const shape = node.shape(0);
  const target = node.numbers(1, 'shape') ?? node.bad('it has no target shape');
  const copyZero = !node.attributes.int('allowzero', 0);
  const dims = target.map((size, axis) =>
    size === 0 && copyZero ? (shape[axis] ?? node.bad(`axis ${axis} has nothing to copy`)) : size,
  );
  const open = dims.indexOf(-1);
  if (open >= 0) {
    const rest = dims.reduce((product, size, axis) => (axis === open ? product : product * size), 1);
    dims[open] = sizeOf(shape) / rest;
  }
  return node.reshape(node.input(0), dims);
}

function flatten(node: Conversion): Value {
  const shape = node.shape(0);
  const given = node.attributes.int('axis', 1);
  const axis = given === shape.length ? given : node.axis(given, shape.length);
  return node.reshape(node.input(0), [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]);
}

function transpose(node: Conversion): Value {
  const reversed = node.shape(0).map((_, axis, all) => all.length - 1 - axis);
  return node.transpose(node.input(0), node.attributes.ints('perm') ?? reversed);
}

function squeeze(node: Conversion): Value {
  const shape = node.shape(0);
  const listed = node.numbers(1, 'axes')?.map((axis) => node.axis(axis, shape.length));
  const dropped = new Set(listed ?? shape.flatMap((size, axis) => (size === 1 ? [axis] : [])));
  for (const axis of dropped) if (shape[axis] !== 1) node.bad(`axis ${axis} has size ${shape[axis]}, not 1`);
  return node.reshape(
    node.input(0),
    shape.filter((_, axis) => !dropped.has(axis)),
  );
}

function unsqueeze(node: Conversion): Value {
  const shape = [...node.shape(0)];
  const axes = node.numbers(1, 'axes') ?? node.bad('it has no axes');
  const rank = shape.length + axes.length;
  for (const axis of axes.map((a) => node.axis(a, rank)).sort((a, b) => a - b)) shape.splice(axis, 0, 1);
  return node.reshape(node.input(0), shape);
}

function concat(node: Conversion): Value {
  const values = node.inputs.map((_, slot) => node.input(slot));
  const rank = node.shape(0).length;
  return node.concat(
    values,
    node.axis(node.attributes.int('axis') ?? (node.opset < 4 ? 1 : node.bad('it has no axis')), rank),
  );
}

function split(node: Conversion): Value[] {
  const shape = node.shape(0);
  const axis = node.axis(node.attributes.int('axis', 0), shape.length);
  const count = node.attributes.int('num_outputs', node.usedOutputs.length);
  const even = Math.ceil(shape[axis] / count);
  const sizes =
    node.numbers(1, 'split') ??
    Array.from({ length: count }, (_, at) => Math.min(even, shape[axis] - at * even));
  if (sizes.reduce((a, b) => a + b, 0) !== shape[axis] || sizes.some((size) => size < 0))
    node.bad(`parts of [${sizes.join(', ')}] do not make up ${shape[axis]}`);
  let from = 0;
  return sizes.map((size, part) => {
    const starts = shape.map((_, at) => (at === axis ? from : 0));
    const ends = shape.map((full, at) => (at === axis ? from + size : full));
    from += size;
    return node.usedOutputs[part]
      ? node.slice(
          node.input(0),
          starts,
          ends,
          shape.map(() => 1),
        )
      : node.input(0);
  });
}

/** Resolves ONNX's open and negative bounds (±2⁶³ mean "to the end"). */
function slice(node: Conversion): Value {
  const shape = node.shape(0);
  const starts = node.numbers(1, 'starts') ?? node.bad('it has no starts');
  const ends = node.numbers(2, 'ends') ?? node.bad('it has no ends');
  const axes = node.numbers(3, 'axes') ?? starts.map((_, at) => at);
  const steps = node.numbers(4, 'steps') ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length)
    node.bad('starts, ends, axes and steps differ in length');
  const [from, to, by] = [shape.map(() => 0), [...shape], shape.map(() => 1)];
  axes.forEach((given, at) => {
    const axis = node.axis(given, shape.length);
    const size = shape[axis];
    const step = steps[at];
    if (!Number.isInteger(step) || step === 0) node.bad(`step ${step} is impossible`);
    const resolve = (bound: number, low: number, high: number) =>
      Math.min(high, Math.max(low, bound < 0 ? bound + size : bound));
    from[axis] = step > 0 ? resolve(starts[at], 0, size) : resolve(starts[at], 0, size - 1);
    to[axis] = step > 0 ? resolve(ends[at], 0, size) : resolve(ends[at], -1, size - 1);
    by[axis] = step;
  });
  return node.slice(node.input(0), from, to, by);
}

function pad(node: Conversion): Value {
  const rank = node.shape(0).length;
  const listed = node.numbers(1, 'pads') ?? node.attributes.ints('paddings') ?? node.bad('it has no pads');
  const mode = node.attributes.string('mode', 'constant');
  if (mode !== 'constant' && mode !== 'reflect' && mode !== 'edge')
    return node.unsupported(`padding mode '${mode}' is none of constant, reflect, edge`);
  const value = node.hostNumbers(2, 'padding value')?.[0] ?? node.attributes.float('value', 0);
  if (!Number.isFinite(value)) node.unsupported(`it pads with ${value}`);
  const axes =
    node.hostNumbers(3, 'axes')?.map((axis) => node.axis(axis, rank)) ??
    Array.from({ length: rank }, (_, at) => at);
  if (listed.length !== 2 * axes.length) node.bad(`it has ${listed.length} pads for ${axes.length} axes`);
  const pads = new Array<number>(2 * rank).fill(0);
  axes.forEach((axis, at) => {
    pads[axis] = listed[at];
    pads[axis + rank] = listed[at + axes.length];
  });
  return node.emit({ op: 'pad', pads, mode, value }, [node.input(0)]);
}

function gather(node: Conversion): Value {
  const axis = node.axis(node.attributes.int('axis', 0), node.shape(0).length);
  return node.gather(node.input(0), node.input(1), axis);
}

function expand(node: Conversion): Value {
  const x = node.input(0);
  const wanted = node.hostNumbers(1, 'target shape') ?? node.bad('it has no target shape');
  const shape =
    broadcastShapes(node.shape(0), wanted) ?? node.bad(`it does not broadcast to [${wanted.join(', ')}]`);
  if (shape.join() === node.shape(0).join()) return x;
  node.reserve(shape);
  if (x.kind === 'host') return node.fold(x.tensor, broadcastArray(x.tensor, shape));
  const ones = { data: new Float32Array(sizeOf(shape)).fill(1), shape, integer: true };
  return node.binary('mul', x, hostValue(ones, `${node.name}.ones`));
}

/** Copies that a network asks for; more are a broken or hostile file. */
const MOST_COPIES = 4096;

/** Copies along every axis, joined. */
function tile(node: Conversion): Value {
  const x = node.input(0);
  const shape = node.shape(0);
  const repeats = node.hostNumbers(1, 'repeats') ?? node.bad('it has no repeats');
  if (repeats.length !== shape.length || !repeats.every((times) => Number.isInteger(times) && times >= 1))
    node.bad(
      `repeats [${repeats.join(', ')}] do not fit ${shape.length} axes; whole numbers from 1 are expected`,
    );
  if (repeats.some((times) => times > MOST_COPIES))
    node.unsupported(`it makes more than ${MOST_COPIES} copies along an axis`);
  if (x.kind === 'host') node.reserve(shape.map((size, axis) => size * repeats[axis]));
  return repeats.reduce<Value>(
    (value, times, axis) => (times === 1 ? value : node.concat(new Array<Value>(times).fill(value), axis)),
    x,
  );
}

/** Moves blocks of channels to space or back, as a reshape, a transpose and a reshape. */
function depthSpace(node: Conversion, toSpace: boolean): Value {
  const [n, c, h, w] = node.shape(0);
  if (node.shape(0).length !== 4) node.bad('it expects [N, C, H, W]');
  const block = node.attributes.int('blocksize') ?? node.bad('it has no blocksize');
  const x = node.input(0);
  if (!toSpace) {
    const parts = node.reshape(x, [n, c, h / block, block, w / block, block]);
    return node.reshape(node.transpose(parts, [0, 3, 5, 1, 2, 4]), [
      n,
      c * block * block,
      h / block,
      w / block,
    ]);
  }
  const depthFirst = node.attributes.string('mode', 'DCR') === 'DCR';
  const inner = c / (block * block);
  const parts = node.reshape(x, depthFirst ? [n, block, block, inner, h, w] : [n, inner, block, block, h, w]);
  const moved = node.transpose(parts, depthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]);
  return node.reshape(moved, [n, inner, h * block, w * block]);
}

function dropout(node: Conversion): Value {
  if (node.usedOutputs[1]) node.unsupported('its second output (mask) is used');
  if (node.hostNumbers(2, 'training_mode')?.[0]) node.unsupported('it is in training mode');
  return node.input(0);
}

export const layout: Record<string, OperatorDefinition> = {
  Reshape: { convert: reshape, parameters: [1] },
  Flatten: { convert: flatten },
  Transpose: { convert: transpose },
  Squeeze: { convert: squeeze, parameters: [1] },
  Unsqueeze: { convert: unsqueeze, parameters: [1] },
  Concat: { convert: concat },
  Split: { convert: split, parameters: [1] },
  Slice: { convert: slice, parameters: [1, 2, 3, 4] },
  Pad: { convert: pad, parameters: [1, 2, 3] },
  Gather: { convert: gather, parameters: [1] },
  Expand: { convert: expand, parameters: [1] },
  Tile: { convert: tile, parameters: [1] },
  DepthToSpace: { convert: (node) => depthSpace(node, true) },
  SpaceToDepth: { convert: (node) => depthSpace(node, false) },
  Identity: { convert: (node) => node.input(0) },
  Dropout: { convert: dropout, parameters: [1, 2] },
};
