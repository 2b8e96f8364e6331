import type { Engine } from '../../dist/engines/engine.js';
import type { Graph } from '../../dist/graph/graph.js';
import { GraphBuilder } from '../../dist/graph/builder.js';
import type { RawImage } from '../../dist/index.js';
import type { ModelFile } from '../../dist/loaders/model.js';
import { Model } from '../../dist/model/model.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { randomNumbers } from '../support/random-numbers.js';

/** A colour picture of `convolutionModel`'s size, and how it is read: as it is, from 0 to 1. */
export const picture: RawImage = {
  width: 9,
  height: 7,
  channels: 3,
  data: Uint8Array.from({ length: 189 }, (_, at) => (at * 53) % 251),
};
export const unscaled = { do_resize: false, do_rescale: true, rescale_factor: 1 / 255, do_normalize: false };

/** Random weights of a shape, between −1 and 1. */
function weights(graph: GraphBuilder, next: () => number, name: string, shape: number[]): string {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next() * 2 - 1);
  return graph.constant(name, { data, shape });
}

/** A model made in memory, on the reference engine unless another one is given. */
export function modelOf(
  graph: Graph,
  layout: ModelFile['layout'] = 'channels-first',
  engine: Engine = referenceEngine,
): Model {
  const inputs = graph.inputs.map((name) => ({ name, shape: [...graph.shapes.get(name)!] }));
  return new Model(
    {
      format: 'builtin',
      source: 'made-in-memory',
      path: '/nowhere/made-in-memory.onnx',
      inputs,
      outputs: graph.outputs,
      layout,
      instantiate: () => graph,
    },
    engine,
  );
}

/** Colour pictures of 9×7 pixels → conv 3×3, stride 2 → ReLU → dense → 4 classes. */
export function convolutionModel(seed = 1): Model {
  const next = randomNumbers(seed);
  const graph = new GraphBuilder();
  const x = graph.input('x', [1, 3, 7, 9]);
  const conv = graph.add(
    { op: 'conv', strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 },
    [x, weights(graph, next, 'w0', [6, 3, 3, 3]), weights(graph, next, 'b0', [6])],
    'conv',
  );
  const relu = graph.add({ op: 'relu' }, [conv], 'relu');
  const flat = graph.add({ op: 'reshape', shape: [1, 120] }, [relu], 'flat');
  return modelOf(graph.finish([classified(graph, next, flat, 120)]));
}

/** Grey pictures of 6×5 pixels as one row of 30 values → dense → ReLU → dense → 4 classes. */
export function flatModel(seed = 2): Model {
  const next = randomNumbers(seed);
  const graph = new GraphBuilder();
  const x = graph.input('x', [1, 30]);
  const dense = graph.add(
    { op: 'dense' },
    [x, weights(graph, next, 'w0', [30, 8]), weights(graph, next, 'b0', [8])],
    'dense',
  );
  const relu = graph.add({ op: 'relu' }, [dense], 'relu');
  return modelOf(graph.finish([classified(graph, next, relu, 8)]));
}

/** 12 word indices → embedding of 5 numbers → conv of 3 words, or dense → ReLU → 4 classes, or `values` values without a softmax. */
export function textModel(first: 'conv' | 'dense', seed = 3, values?: number): Model {
  const next = randomNumbers(seed);
  const graph = new GraphBuilder();
  const words = graph.input('words', [1, 12]);
  const embedded = graph.add(
    { op: 'gather', axis: 0 },
    [weights(graph, next, 'table', [20, 5]), words],
    'embedding',
  );
  let value: string;
  let size: number;
  if (first === 'conv') {
    const turned = graph.add({ op: 'transpose', perm: [0, 2, 1] }, [embedded], 'turned');
    const conv = graph.add(
      { op: 'conv', strides: [1], pads: [0, 0], dilations: [1], groups: 1 },
      [turned, weights(graph, next, 'w0', [4, 5, 3]), weights(graph, next, 'b0', [4])],
      'conv',
    );
    value = graph.add({ op: 'reshape', shape: [1, 40] }, [graph.add({ op: 'relu' }, [conv], 'relu')], 'flat');
    size = 40;
  } else {
    const flat = graph.add({ op: 'reshape', shape: [1, 60] }, [embedded], 'flat');
    const dense = graph.add(
      { op: 'dense' },
      [flat, weights(graph, next, 'w0', [60, 9]), weights(graph, next, 'b0', [9])],
      'dense',
    );
    value = graph.add({ op: 'relu' }, [dense], 'relu');
    size = 9;
  }
  const end =
    values === undefined ? classified(graph, next, value, size) : scored(graph, next, value, size, values);
  return modelOf(graph.finish([end]));
}

function classified(graph: GraphBuilder, next: () => number, value: string, size: number): string {
  const logits = scored(graph, next, value, size, 4);
  return graph.add({ op: 'softmax', axis: 1 }, [logits], 'softmax');
}

function scored(
  graph: GraphBuilder,
  next: () => number,
  value: string,
  size: number,
  outputs: number,
): string {
  return graph.add(
    { op: 'dense' },
    [value, weights(graph, next, 'w9', [size, outputs]), weights(graph, next, 'b9', [outputs])],
    'scores',
  );
}

export const firstLayers = [
  'dense',
  'conv',
  'conv, no ReLU',
  'conv, batch norm',
  'normalised inside',
] as const;

type First = (typeof firstLayers)[number];

/** Grey pictures of 4×3 pixels → a first layer of one kind → dense → 3 classes. */
export function smallModel(first: First, seed: number): Model {
  const next = randomNumbers(seed);
  const graph = new GraphBuilder();
  const constant = (name: string, shape: number[], spread = 1) => {
    const data = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => spread * (next() * 2 - 1),
    );
    return graph.constant(name, { data, shape });
  };
  let value = graph.input('x', [1, 1, 3, 4]);
  let nodes = 6;
  if (first === 'normalised inside') {
    const shift = graph.constant('shift', { data: Float32Array.of(-0.4), shape: [1] });
    value = graph.add({ op: 'add' }, [value, shift], 'shifted');
  }
  if (first === 'dense') {
    const flat = graph.add({ op: 'reshape', shape: [1, 12] }, [value], 'flat');
    value = graph.add({ op: 'dense' }, [flat, constant('w0', [12, 6]), constant('b0', [6], 3)], 'dense');
  } else {
    const spread = first === 'conv, batch norm' ? 0.1 : 3;
    const inputs = [value, constant('w0', [4, 1, 2, 2]), constant('b0', [4], spread)];
    value = graph.add(
      { op: 'conv', strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 },
      inputs,
      'conv',
    );
    nodes = 24;
    if (first === 'conv, batch norm') {
      const positive = { data: Float32Array.from({ length: 4 }, () => 0.5 + next()), shape: [4] };
      const norm = [graph.constant('scale', positive), constant('shift4', [4], 4)];
      value = graph.add({ op: 'affine' }, [value, ...norm], 'normed');
    }
  }
  if (first !== 'conv, no ReLU') value = graph.add({ op: 'relu' }, [value], 'relu');
  const flat = nodes === 24 ? graph.add({ op: 'reshape', shape: [1, 24] }, [value], 'flattened') : value;
  const logits = graph.add(
    { op: 'dense' },
    [flat, constant('w1', [nodes, 3]), constant('b1', [3])],
    'logits',
  );
  return modelOf(graph.finish([graph.add({ op: 'softmax', axis: 1 }, [logits], 'classes')]));
}

/** A grey picture for it. */
export function smallPicture(seed: number): RawImage {
  const next = randomNumbers(seed);
  return { width: 4, height: 3, channels: 1, data: Uint8Array.from({ length: 12 }, () => next() * 256) };
}
