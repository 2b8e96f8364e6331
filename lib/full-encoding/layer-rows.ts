import type { Graph, Node } from '../graph/graph.js';
import { shapeOf } from '../graph/graph.js';
import { broadcastStrides } from '../graph/broadcast.js';
import { sizeOf } from '../tensor.js';
import type { LinearLayer, MaxLayer } from './layers.js';
import { RowBuilder } from './row-builder.js';

/** What the layer before left behind; see `RowBuilder`. */
export interface Before {
  order: Int32Array;
  inputs: number;
}

type Of<Name extends Node['op']> = Extract<Node, { op: Name }>;

export function denseRows(graph: Graph, node: Of<'dense'>, before: Before): LinearLayer {
  const builder = new RowBuilder(before.order, before.inputs);
  const { data, shape } = graph.constants.get(node.inputs[1])!;
  const bias = graph.constants.get(node.inputs[2])?.data;
  const [inner, outer] = shape;
  for (let row = 0; row < sizeOf(shapeOf(graph, node.inputs[0])) / inner; row++)
    for (let output = 0; output < outer; output++) {
      for (let at = 0; at < inner; at++) builder.add(row * inner + at, data[at * outer + output]);
      builder.end(bias?.[output]);
    }
  return builder.linear();
}

export function convolutionRows(graph: Graph, node: Of<'conv'>, before: Before): LinearLayer {
  const builder = new RowBuilder(before.order, before.inputs);
  const { data, shape } = graph.constants.get(node.inputs[1])!;
  const bias = graph.constants.get(node.inputs[2])?.data;
  const [filters, perGroup, ...kernel] = shape;
  const geometry = windows(graph, node, kernel);
  const taps = sizeOf(kernel);
  for (let filter = 0; filter < filters; filter++) {
    const firstChannel = Math.floor((filter * node.groups) / filters) * perGroup;
    for (const places of geometry.places) {
      for (let channel = 0; channel < perGroup; channel++)
        for (const [tap, position] of places)
          builder.add(
            (firstChannel + channel) * geometry.size + position,
            data[(filter * perGroup + channel) * taps + tap],
          );
      builder.end(bias?.[filter]);
    }
  }
  return builder.linear();
}

export function poolRows(
  graph: Graph,
  node: Of<'maxPool' | 'averagePool'>,
  before: Before,
): LinearLayer | MaxLayer {
  const builder = new RowBuilder(before.order, before.inputs);
  const average = node.op === 'averagePool';
  const geometry = windows(graph, node, node.kernel);
  const channels = shapeOf(graph, node.output)[1];
  const divisors = geometry.places.map((places, at) =>
    average && node.countIncludePad ? geometry.counted[at] : places.length,
  );
  const common = average ? divisors.reduce(leastCommonMultiple, 1) : 1;
  for (let channel = 0; channel < channels; channel++)
    geometry.places.forEach((places, at) => {
      for (const [, position] of places)
        builder.add(channel * geometry.size + position, common / divisors[at]);
      builder.end();
    });
  return average ? builder.linear(common) : builder.maxima();
}

/** Over all positions of every channel: their maximum, or their mean. */
export function globalPoolRows(graph: Graph, node: Node, before: Before): LinearLayer | MaxLayer {
  const builder = new RowBuilder(before.order, before.inputs);
  const [, channels, ...sides] = shapeOf(graph, node.inputs[0]);
  const size = sizeOf(sides);
  for (let channel = 0; channel < channels; channel++) {
    for (let at = 0; at < size; at++) builder.add(channel * size + at, 1);
    builder.end();
  }
  return node.op === 'globalMaxPool' ? builder.maxima() : builder.linear(size);
}

/** x · scale + shift per element, for affine, add, sub and mul: batch norm, and sums and products with constants. */
export function elementRows(graph: Graph, node: Node, value: string, before: Before): LinearLayer {
  const builder = new RowBuilder(before.order, before.inputs);
  const shape = shapeOf(graph, node.output);
  const constant = (name: string) => {
    const { data, shape: from } = graph.constants.get(name)!;
    const strides = broadcastStrides(from, shape);
    return (at: number) => {
      let index = 0;
      for (let axis = shape.length - 1, rest = at; axis >= 0; axis--) {
        index += (rest % shape[axis]) * strides[axis];
        rest = Math.floor(rest / shape[axis]);
      }
      return data[index];
    };
  };
  const other = constant(node.inputs[0] === value ? node.inputs[1] : node.inputs[0]);
  const perChannel = sizeOf(shape.slice(2));
  for (let at = 0; at < sizeOf(shape); at++) {
    if (node.op === 'affine') {
      const channel = Math.floor(at / perChannel) % shape[1];
      builder.add(at, graph.constants.get(node.inputs[1])!.data[channel]);
      builder.end(graph.constants.get(node.inputs[2])!.data[channel]);
    } else {
      const sign = node.op === 'sub' && node.inputs[1] === value ? -1 : 1;
      builder.add(at, node.op === 'mul' ? other(at) : sign);
      builder.end(node.op === 'mul' ? 0 : node.op === 'sub' && sign > 0 ? -other(at) : other(at));
    }
  }
  return builder.linear();
}

interface Windows {
  /** Positions of one channel of the input. */
  size: number;
  /** Of every output position: tap and position of what it reads. */
  places: (readonly [tap: number, position: number])[][];
  /** Taps that lie in the input or its declared padding. */
  counted: number[];
}

/** Windows along one or two axes; one axis is taken as rows of height 1. */
function windows(
  graph: Graph,
  { inputs, output, strides, pads, dilations }: Of<'conv' | 'maxPool' | 'averagePool'>,
  kernel: readonly number[],
): Windows {
  const flat = kernel.length === 1;
  const sides = shapeOf(graph, inputs[0]).slice(2);
  const outputs = shapeOf(graph, output).slice(2);
  const axis = (at: number) => {
    const own = flat ? at - 1 : at;
    if (own < 0) return { side: 1, count: 1, taps: 1, start: () => 0, step: 1, end: 1, begin: 0 };
    const begin = -pads[own];
    return {
      ...{ side: sides[own], count: outputs[own], taps: kernel[own], step: dilations[own], begin },
      start: (place: number) => place * strides[own] + begin,
      end: sides[own] + pads[own + kernel.length],
    };
  };
  const [rows, columns] = [axis(0), axis(1)];
  const places: Windows['places'] = [];
  const counted: number[] = [];
  for (let row = 0; row < rows.count; row++)
    for (let column = 0; column < columns.count; column++) {
      const found: [number, number][] = [];
      let inside = 0;
      for (let down = 0; down < rows.taps; down++)
        for (let along = 0; along < columns.taps; along++) {
          const y = rows.start(row) + down * rows.step;
          const x = columns.start(column) + along * columns.step;
          if (y < rows.end && x < columns.end) inside++;
          if (y >= 0 && y < rows.side && x >= 0 && x < columns.side)
            found.push([down * columns.taps + along, y * columns.side + x]);
        }
      places.push(found);
      counted.push(inside);
    }
  return { size: rows.side * columns.side, places, counted };
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
