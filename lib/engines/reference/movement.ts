import { SmugError } from '../../errors.js';
import { sizeOf, stridesOf } from '../../tensor.js';
import { stridedIndices } from './broadcasting.js';
import type { Operation } from '../../graph/graph.js';
import type { Allocate, Kernel, OperationOf, Values } from './kernel.js';

/**
 * Operations that only move elements. Each is a list of source indices, one for every element of the output
 * (−1: a constant fills it); the gradient flows back along the same list and adds up where an element was
 * copied several times.
 */
function moving<O extends Operation>(
  sources: (operation: O, shape: readonly number[], outputShape: readonly number[]) => Int32Array,
  filler: (operation: O) => number = () => 0,
): Kernel<O> {
  return {
    forward(operation, [x], shape, allocate) {
      const from = sources(operation, x.shape, shape);
      const fill = filler(operation);
      const output = allocate(shape);
      for (let o = 0; o < from.length; o++) output.data[o] = from[o] < 0 ? fill : x.data[from[o]];
      return output;
    },
    backward({ operation, inputs: [x], output, gradient }, allocate) {
      return [scattered(sources(operation, x.shape, output.shape), gradient, x.shape, allocate)];
    },
  };
}

function scattered(from: Int32Array, gradient: Values, shape: readonly number[], allocate: Allocate): Values {
  const sums = new Float64Array(sizeOf(shape));
  for (let o = 0; o < from.length; o++) {
    if (from[o] >= 0) sums[from[o]] += gradient.data[o];
  }
  const result = allocate(shape);
  result.data.set(sums);
  return result;
}

/** Source indices from, along every axis, the source coordinate of each output coordinate (−1: none). */
function separable(shape: readonly number[], coordinates: readonly (readonly number[])[]): Int32Array {
  const strides = stridesOf(shape);
  let indices = Int32Array.of(0);
  coordinates.forEach((along, axis) => {
    const grown = new Int32Array(indices.length * along.length);
    let next = 0;
    for (const base of indices) {
      for (const coordinate of along) {
        grown[next++] = base < 0 || coordinate < 0 ? -1 : base + coordinate * strides[axis];
      }
    }
    indices = grown;
  });
  return indices;
}

export const transpose = moving<OperationOf<'transpose'>>(({ perm }, shape, outputShape) => {
  const strides = stridesOf(shape);
  return stridedIndices(
    outputShape,
    perm.map((axis) => strides[axis]),
    0,
  );
});

export const reshape = moving<OperationOf<'reshape'>>((_, shape) =>
  Int32Array.from({ length: sizeOf(shape) }, (_, i) => i),
);

export const slice = moving<OperationOf<'slice'>>(({ starts, steps }, shape, outputShape) =>
  separable(
    shape,
    outputShape.map((size, axis) => Array.from({ length: size }, (_, i) => starts[axis] + i * steps[axis])),
  ),
);

export const pad = moving<OperationOf<'pad'>>(
  ({ pads, mode }, shape, outputShape) =>
    separable(
      shape,
      outputShape.map((size, axis) =>
        Array.from({ length: size }, (_, i) => paddingSource(i - pads[axis], shape[axis], mode)),
      ),
    ),
  ({ value }) => value,
);

/** The coordinate that padding shows at `position`: −1 (constant), the mirror image, or the nearest one. */
export function paddingSource(position: number, size: number, mode: OperationOf<'pad'>['mode']): number {
  if (position >= 0 && position < size) return position;
  if (mode === 'constant') return -1;
  if (mode === 'edge' || size === 1) return position < 0 ? 0 : size - 1;
  // The mirror stands on the border elements, which are not repeated: period 2·(size − 1).
  const period = 2 * (size - 1);
  const wrapped = ((position % period) + period) % period;
  return wrapped < size ? wrapped : period - wrapped;
}

export const upsample = moving<OperationOf<'upsample'>>(({ scales }, shape, outputShape) =>
  separable(
    shape,
    outputShape.map((size, axis) =>
      Array.from({ length: size }, (_, i) => (axis < 2 ? i : Math.floor(i / scales[axis - 2]))),
    ),
  ),
);

/** Inputs laid one after another along `axis`; each takes its own part of the gradient. */
export const concat: Kernel<OperationOf<'concat'>> = {
  forward({ axis }, inputs, shape, allocate) {
    const output = allocate(shape);
    let start = 0;
    for (const input of inputs) {
      const to = partIndices(shape, input.shape, axis, start);
      for (let i = 0; i < to.length; i++) output.data[to[i]] = input.data[i];
      start += input.shape[axis];
    }
    return output;
  },
  backward({ operation: { axis }, inputs, gradient, wanted }, allocate) {
    let start = 0;
    return inputs.map((input, which) => {
      const from = partIndices(gradient.shape, input.shape, axis, start);
      start += input.shape[axis];
      if (!wanted[which]) return undefined;
      const result = allocate(input.shape);
      for (let i = 0; i < from.length; i++) result.data[i] = gradient.data[from[i]];
      return result;
    });
  },
};

function partIndices(
  whole: readonly number[],
  part: readonly number[],
  axis: number,
  start: number,
): Int32Array {
  const strides = stridesOf(whole);
  return stridedIndices(part, strides, start * strides[axis]);
}

/** table[indices] along `axis`. Indices count from the end when negative; they have no gradient. */
export const gather: Kernel<OperationOf<'gather'>> = {
  forward({ axis }, [table, indices], shape, allocate) {
    const from = gatherSources(table.shape, indices, axis);
    const output = allocate(shape);
    for (let o = 0; o < from.length; o++) output.data[o] = table.data[from[o]];
    return output;
  },
  backward({ operation: { axis }, inputs: [table, indices], gradient, wanted }, allocate) {
    if (!wanted[0]) return [undefined, undefined];
    return [scattered(gatherSources(table.shape, indices, axis), gradient, table.shape, allocate), undefined];
  },
};

function gatherSources(shape: readonly number[], indices: Values, axis: number): Int32Array {
  const size = shape[axis];
  const picked = Array.from(indices.data, (index) => {
    if (!Number.isInteger(index) || index < -size || index >= size) {
      throw new SmugError(
        'BAD_INPUT',
        `gather: index ${index} is outside the table's axis ${axis}, which has ${size} entries.`,
      );
    }
    return index < 0 ? index + size : index;
  });
  const coordinates = shape.map((length, i) =>
    i === axis ? picked : Array.from({ length }, (_, coordinate) => coordinate),
  );
  return separable(shape, coordinates);
}
