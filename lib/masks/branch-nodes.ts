import type { FirstLayer } from '../graph/split.js';
import { sizeOf } from '../tensor.js';

/** How many nodes the layer's branches have; of a layer without branches, all. */
export function nodeCount({ outputShape, ...layer }: FirstLayer): number {
  const branches = layer.kind === 'conv' ? layer.branches : undefined;
  return branches === undefined
    ? sizeOf(outputShape)
    : branches.reduce((sum, { channels, outputs }) => sum + channels * sizeOf(outputs), 0);
}

/** One value per node, with zeros at the positions that only other branches than the node's own have: nobody reads those. */
export function withoutUnread(layer: FirstLayer, values: Float32Array): Float32Array {
  const branches = layer.kind === 'conv' ? layer.branches : undefined;
  if (branches === undefined || nodeCount(layer) === values.length) return values;
  const [, ...size] = layer.outputShape;
  const width = size[size.length - 1];
  const read = new Float32Array(values.length);
  let row = 0;
  for (const { channels, outputs } of branches) {
    const across = outputs[outputs.length - 1];
    for (let channel = 0; channel < channels; channel++, row += sizeOf(size) / width)
      for (let down = 0; down < sizeOf(outputs) / across; down++) {
        const begin = (row + down) * width;
        read.set(values.subarray(begin, begin + across), begin);
      }
  }
  return read;
}
