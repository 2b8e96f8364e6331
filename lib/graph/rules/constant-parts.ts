import { sizeOf, type Tensor } from '../../tensor.js';
import type { Rule, View } from './rule.js';

/**
 * A constant beside computed values, such as a transformer's class token, becomes a sum: the computed values padded with
 * zeros, plus the constant padded likewise. Both repeat themselves for every sample of a batch, which a concatenation
 * with a constant does not.
 */
export const constantPartsAsSums: Rule = (node, view) => {
  if (node.op !== 'concat' || node.axis === 0) return undefined;
  const { axis } = node;
  const parts = node.inputs.map((input) => ({ input, constant: view.constant(input) }));
  const first = parts.findIndex(({ constant }) => constant === undefined);
  const last = parts.findLastIndex(({ constant }) => constant === undefined);
  const between = parts.slice(first, last + 1);
  if (first < 0 || between.length === parts.length || between.some(({ constant }) => constant))
    return undefined;
  const shape = view.shape(node.output);
  if (shape[0] !== 1) return undefined;

  const length = (some: typeof parts) => some.reduce((sum, { input }) => sum + view.shape(input)[axis], 0);
  const begin = length(parts.slice(0, first));
  const middle = length(between);
  const only = (value: number) => shape.map((_, at) => (at === axis ? value : 0));
  const pads = [...only(begin), ...only(shape[axis] - begin - middle)];
  const moved = view.addNode(
    `${node.output}.padded`,
    { op: 'pad', pads, mode: 'constant', value: 0 },
    [joined(view, node.output, between, axis, shape, middle)],
    shape,
  );
  const term = view.addConstant(`${node.output}.constant`, placed(parts, axis, shape, view));
  return { operation: { op: 'add' }, inputs: [moved, term] };
};

interface Part {
  input: string;
  constant: Tensor | undefined;
}

function joined(
  view: View,
  output: string,
  parts: readonly Part[],
  axis: number,
  shape: readonly number[],
  length: number,
): string {
  const inputs = parts.map(({ input }) => input);
  if (inputs.length === 1) return inputs[0];
  const own = shape.map((size, at) => (at === axis ? length : size));
  return view.addNode(`${output}.computed`, { op: 'concat', axis }, inputs, own);
}

/** The constants in their places, zeros elsewhere. */
function placed(parts: readonly Part[], axis: number, shape: readonly number[], view: View): Tensor {
  const data = new Float32Array(sizeOf(shape));
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  let start = 0;
  for (const { input, constant } of parts) {
    const block = view.shape(input)[axis] * inner;
    for (let o = 0; constant && o < outer; o++)
      data.set(constant.data.subarray(o * block, (o + 1) * block), o * shape[axis] * inner + start);
    start += block;
  }
  return { data, shape: [...shape] };
}
