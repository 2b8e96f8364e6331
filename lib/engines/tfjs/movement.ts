import { SmugError } from '../../errors.js';
import type { OperationOf } from '../reference/kernel.js';
import { paddingSource } from '../reference/movement.js';
import type { DeviceTensor, Kernels } from './kernels.js';
import { arranged, axisIn, type Layout } from './layout.js';
import { disposeAll, Kept, type Prepare } from './program.js';

const nothing = { inputs: false, output: false };

export const reshape: Prepare<OperationOf<'reshape'>> = ({ kernels: k, operation, shapes: [shape] }) => ({
  forms: [{ layout: 'plain' }],
  layout: 'plain',
  saves: nothing,
  forward([x]) {
    // A batch scales axis 0 of both shapes alike.
    const target = [...operation.shape];
    if (target.length > 0 && shape.length > 0) target[0] *= x.shape[0] / shape[0];
    return k.reshape(x, target);
  },
  backward: ({ inputs: [x], gradient }) => [k.reshape(gradient, x.shape)],
});

export const transpose: Prepare<OperationOf<'transpose'>> = ({ kernels: k, operation: { perm } }) => ({
  forms: [{ layout: 'plain' }],
  layout: 'plain',
  saves: nothing,
  forward: ([x]) => k.transpose(x, perm),
  backward: ({ gradient }) => [
    k.transpose(
      gradient,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ],
});

export const concat: Prepare<OperationOf<'concat'>> = ({ kernels: k, operation, shape, homes }) => {
  const layout: Layout = homes.includes('last') ? 'last' : 'plain';
  const axis = axisIn(layout, operation.axis, shape.length);
  return {
    forms: homes.map(() => ({ layout })),
    layout,
    saves: nothing,
    forward: (inputs) => (inputs.length === 1 ? k.identity(inputs[0]) : k.concat(inputs, axis)),
    backward({ inputs, gradient, wanted }) {
      let start = 0;
      return inputs.map((input, i) => {
        const begin = input.shape.map((_, at) => (at === axis ? start : 0));
        start += input.shape[axis]!;
        return wanted[i] ? k.slice(gradient, begin, input.shape) : undefined;
      });
    },
  };
};

/** Picks positions along one axis, with repetition; the gradient adds up what was picked several times. */
class Picking {
  readonly kept: Kept[];
  readonly #kernels: Kernels;
  readonly #axis: number;
  readonly #size: number;
  readonly #indices: Kept;
  readonly #columns: Kept;
  readonly #rows: Kept;

  constructor(k: Kernels, axis: number, size: number, positions: readonly number[]) {
    this.#kernels = k;
    this.#axis = axis;
    this.#size = size;
    this.#indices = new Kept(k, () => k.indices(Int32Array.from(positions)));
    const oneHot = (shape: [number, number], at: (position: number, i: number) => number) =>
      new Kept(k, () => {
        const data = new Float32Array(shape[0] * shape[1]);
        positions.forEach((position, i) => (data[at(position, i)] = 1));
        return k.tensor(data, [1, ...shape]);
      });
    const count = positions.length;
    this.#columns = oneHot([size, count], (position, i) => position * count + i);
    this.#rows = oneHot([count, size], (position, i) => i * size + position);
    this.kept = [this.#indices, this.#columns, this.#rows];
  }

  forward(x: DeviceTensor): DeviceTensor {
    return this.#kernels.gather(x, this.#indices.value, this.#axis);
  }

  /** A product with the matrix that has a one where a position was picked. */
  backward(gradient: DeviceTensor): DeviceTensor {
    const k = this.#kernels;
    const outer = gradient.shape.slice(0, this.#axis);
    const inner = gradient.shape.slice(this.#axis + 1);
    const count = gradient.shape[this.#axis]!;
    const product = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
    const shape = [...outer, this.#size, ...inner];
    if (product(inner) === 1) {
      const lines = k.reshape(gradient, [1, product(outer), count]);
      return k.reshape(k.batchMatMul(lines, this.#rows.value), shape);
    }
    const blocks = k.reshape(gradient, [product(outer), count, product(inner)]);
    return k.reshape(k.batchMatMul(this.#columns.value, blocks), shape);
  }
}

/** Several axes picked from, one after another. */
function picking(k: Kernels, pickings: readonly Picking[], layout: Layout) {
  return {
    forms: [{ layout }],
    layout,
    saves: nothing,
    forward: ([x]: readonly DeviceTensor[]) =>
      pickings.length === 0 ? k.identity(x) : pickings.reduce((value, one) => one.forward(value), x),
    backward: ({ gradient }: { gradient: DeviceTensor }) => [
      pickings.length === 0
        ? k.identity(gradient)
        : pickings.toReversed().reduce((value, one) => one.backward(value), gradient),
    ],
    dispose: () => disposeAll(pickings.flatMap((one) => one.kept)),
  };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

export const slice: Prepare<OperationOf<'slice'>> = ({ kernels: k, operation, shapes, shape, homes }) => {
  const [layout] = homes;
  const rank = shape.length;
  const { starts, steps } = operation;
  if (steps.every((step) => step === 1)) return cropping(k, layout, shapes[0], starts, shape);
  const changed = upTo(rank).filter((axis) => steps[axis] !== 1 || shape[axis] !== shapes[0][axis]);
  const pickings = changed.map((axis) => {
    const positions = upTo(shape[axis]).map((i) => starts[axis] + i * steps[axis]);
    return new Picking(k, axisIn(layout, axis, rank), shapes[0][axis], positions);
  });
  return picking(k, pickings, layout);
};

/** A contiguous part of every axis; axis 0 in full. */
function cropping(
  k: Kernels,
  layout: Layout,
  from: readonly number[],
  starts: readonly number[],
  to: readonly number[],
): ReturnType<Prepare<OperationOf<'slice'>>> {
  const begin = arranged(layout, starts);
  const size = arranged(layout, to);
  const after = arranged(
    layout,
    from.map((length, axis) => length - starts[axis] - to[axis]),
  );
  const whole = begin[0] === 0 && after[0] === 0;
  return {
    forms: [{ layout }],
    layout,
    saves: nothing,
    forward: ([x]) => k.slice(x, begin, whole ? [x.shape[0], ...size.slice(1)] : size),
    backward: ({ gradient }) => [
      k.pad(
        gradient,
        begin.map((count, axis) => [count, after[axis]] as const),
      ),
    ],
  };
}

export const pad: Prepare<OperationOf<'pad'>> = (site) => {
  const { kernels: k, operation, shapes, shape, homes } = site;
  const [layout] = homes;
  const rank = shape.length;
  const { pads, mode, value } = operation;
  if (mode !== 'constant') {
    const changed = upTo(rank).filter((axis) => pads[axis] !== 0 || pads[axis + rank] !== 0);
    const pickings = changed.map((axis) => {
      const positions = upTo(shape[axis]).map((i) => paddingSource(i - pads[axis], shapes[0][axis], mode));
      return new Picking(k, axisIn(layout, axis, rank), shapes[0][axis], positions);
    });
    return picking(k, pickings, layout);
  }
  const before = arranged(layout, pads.slice(0, rank));
  const after = arranged(layout, pads.slice(rank));
  return {
    forms: [{ layout }],
    layout,
    saves: nothing,
    forward: ([x]) => framed(k, x, before, after, value),
    backward: ({ gradient }) => [
      framed(
        k,
        gradient,
        before.map((count) => -count),
        after.map((count) => -count),
        0,
      ),
    ],
  };
};

/** Pads where counts are positive, crops where they are negative. */
function framed(
  k: Kernels,
  x: DeviceTensor,
  before: readonly number[],
  after: readonly number[],
  value: number,
): DeviceTensor {
  const positive = (count: number) => Math.max(0, count);
  const begin = before.map((count) => positive(-count));
  const size = x.shape.map((length, axis) => length - begin[axis] - positive(-after[axis]));
  const cropped = size.every((length, axis) => length === x.shape[axis]) ? x : k.slice(x, begin, size);
  return k.pad(
    cropped,
    before.map((count, axis) => [positive(count), positive(after[axis])] as const),
    value,
  );
}

export const upsample: Prepare<OperationOf<'upsample'>> = ({ kernels: k, operation, shapes, homes }) => {
  const [layout] = homes;
  const rank = shapes[0].length;
  const scales = operation.scales.map((scale, i) => ({ scale, axis: axisIn(layout, i + 2, rank) }));
  const repeats = scales.map(({ scale, axis }, i) => {
    const size = shapes[0][i + 2];
    return new Picking(
      k,
      axis,
      size,
      upTo(size * scale).map((position) => Math.floor(position / scale)),
    );
  });
  return {
    ...picking(k, repeats, layout),
    backward({ gradient }) {
      // Each element's copies lie side by side: split the axis and sum them.
      let result = gradient;
      for (const { scale, axis } of scales) {
        const { shape } = result;
        const [outer, inner] = [shape.slice(0, axis), shape.slice(axis + 1)];
        const product = (lengths: number[]) => lengths.reduce((a, b) => a * b, 1);
        const blocks = k.reshape(result, [product(outer) * (shape[axis]! / scale), scale, product(inner)]);
        result = k.reshape(k.sum(blocks, [1], false), [...outer, shape[axis]! / scale, ...inner]);
      }
      return [result];
    },
  };
};

/** Indices are read and checked on the host: a wrong one must be an error, not a read out of bounds. */
export const gather: Prepare<OperationOf<'gather'>> = (site) => {
  const { kernels: k, operation, shapes, homes, constants } = site;
  const size = shapes[0][operation.axis];
  const constant = constants[1];
  const layout: Layout = constant && shapes[1].length === 1 ? homes[0] : 'plain';
  const axis = axisIn(layout, operation.axis, shapes[0].length);
  const pickingOf = (indices: ArrayLike<number>) =>
    new Picking(k, axis, size, checkedIndices(site.name, operation.axis, size, indices));
  const fixed = constant && pickingOf(constant.data);
  const inTable = (table: DeviceTensor, shape: readonly number[]) => [
    ...table.shape.slice(0, axis),
    ...shape,
    ...table.shape.slice(axis + 1),
  ];
  return {
    forms: [{ layout }, constant ? null : { layout: 'plain' }],
    layout,
    saves: { inputs: !constant, output: false },
    forward([table, indices]) {
      const rows = fixed ?? pickingOf(indices.dataSync());
      const picked = k.reshape(rows.forward(table), inTable(table, constant?.shape ?? indices.shape));
      if (rows !== fixed) disposeAll(rows.kept);
      return picked;
    },
    backward({ inputs: [table, indices], gradient, wanted }) {
      if (!wanted[0]) return [undefined, undefined];
      const rows = fixed ?? pickingOf(indices.dataSync());
      const count = constant?.data.length ?? indices.size;
      const part = rows.backward(k.reshape(gradient, inTable(table, [count])));
      if (rows !== fixed) disposeAll(rows.kept);
      return [part, undefined];
    },
    dispose: () => disposeAll(fixed?.kept ?? []),
  };
};

function checkedIndices(name: string, axis: number, size: number, indices: ArrayLike<number>): number[] {
  return Array.from(indices, (index) => {
    if (Number.isInteger(index) && index >= -size && index < size) return index < 0 ? index + size : index;
    throw new SmugError(
      'BAD_INPUT',
      `Node '${name}' (gather): index ${index} is outside the table's axis ${axis}, which has ${size} entries.`,
    );
  });
}
