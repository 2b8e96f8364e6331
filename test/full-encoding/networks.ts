import type { Graph } from '../../dist/graph/graph.js';
import type { EncodedImage } from '../../dist/full-encoding/masked-input.js';
import { GraphBuilder } from '../support/graph-builder.js';
import type { Random } from '../support/random.js';
import { sizeOf, type Tensor } from '../../dist/tensor.js';

/** A network and an image whose numbers are so short that float32 computes without error: any engine is exact on them. */
export interface ShortNetwork {
  graph: Graph;
  shape: number[];
  image: EncodedImage;
}

/** Eighths from -2 to 2, or whole numbers, which make ties frequent. */
function shortTensor(random: Random, shape: readonly number[], coarse: boolean): Tensor {
  const data = Float32Array.from({ length: sizeOf(shape) }, () =>
    coarse ? random.integer(-2, 2) : random.integer(-16, 16) / 8,
  );
  return { data, shape: [...shape] };
}

export function denseNetwork(random: Random, coarse: boolean): ShortNetwork {
  const builder = new GraphBuilder();
  const pixels = random.integer(1, 10);
  const shape = [1, pixels];
  let value = builder.input(shape);
  let size = pixels;
  const dense = (outputs: number) => {
    const weights = builder.constant(shortTensor(random, [size, outputs], coarse));
    const bias = builder.constant(shortTensor(random, [outputs], coarse));
    value = builder.node({ op: 'dense' }, value, weights, bias);
    size = outputs;
  };
  for (let depth = random.integer(0, 2); depth > 0; depth--) {
    dense(random.integer(1, 6));
    value = builder.node({ op: 'relu' }, value);
  }
  dense(random.integer(2, 4));
  const pixelOf = Int32Array.from({ length: pixels }, (_, at) => at);
  return {
    graph: builder.build(value),
    shape,
    image: { x: shortTensor(random, shape, coarse).data, pixelOf, pixels },
  };
}

export function convolutionalNetwork(random: Random, coarse: boolean): ShortNetwork {
  const builder = new GraphBuilder();
  const channels = random.integer(1, 2);
  const [height, width] = random.pick([
    [2, 4],
    [3, 3],
    [2, 5],
  ]);
  const shape = [1, channels, height, width];
  let value = builder.input(shape);
  const filters = random.integer(1, 3);
  const pad = random.integer(0, 1);
  value = builder.node(
    { op: 'conv', strides: [1, 1], pads: [pad, pad, pad, pad], dilations: [1, 1], groups: 1 },
    value,
    builder.constant(shortTensor(random, [filters, channels, 2, 2], coarse)),
    builder.constant(shortTensor(random, [filters], coarse)),
  );
  if (random.chance(0.3)) {
    const scale = builder.constant(shortTensor(random, [filters], true));
    const shift = builder.constant(shortTensor(random, [filters], coarse));
    value = builder.node({ op: 'affine' }, value, scale, shift);
  }
  value = builder.node({ op: 'relu' }, value);
  const [, , rows, columns] = builder.shape(value);
  const pool = random.integer(0, 3);
  if (rows > 1 && columns > 1 && pool > 0) {
    const form = { kernel: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], ceil: false };
    value = builder.node(
      pool === 1 ? { op: 'maxPool', ...form } : { op: 'averagePool', ...form, countIncludePad: false },
      value,
    );
  }
  if (random.chance(0.3)) value = builder.node({ op: 'transpose', perm: [0, 2, 3, 1] }, value);
  const size = sizeOf(builder.shape(value));
  value = builder.node({ op: 'reshape', shape: [1, size] }, value);
  const hidden = random.integer(0, 4);
  let last = size;
  if (hidden > 0) {
    value = builder.node(
      { op: 'dense' },
      value,
      builder.constant(shortTensor(random, [size, hidden], coarse)),
      builder.constant(shortTensor(random, [hidden], coarse)),
    );
    value = builder.node({ op: 'relu' }, value);
    last = hidden;
  }
  value = builder.node({ op: 'dense' }, value, builder.constant(shortTensor(random, [last, 3], coarse)));
  const pixels = height * width;
  const pixelOf = Int32Array.from({ length: pixels * channels }, (_, at) => at % pixels);
  return {
    graph: builder.build(value),
    shape,
    image: { x: shortTensor(random, shape, coarse).data, pixelOf, pixels },
  };
}
