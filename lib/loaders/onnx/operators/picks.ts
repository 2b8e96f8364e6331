import { sizeOf, stridesOf } from '../../../tensor.js';
import type { HostTensor } from '../../host-tensor.js';
import type { Conversion, OperatorDefinition, Value } from '../conversion.js';

// Both pick single entries of known values, as exporters write positions and masks of texts.

/** data[i][…][indices[i…j…]][…]: one index per entry of the result, along `axis`. */
function gatherElements(node: Conversion): Value {
  const { data, indices } = known(node);
  const axis = node.axis(node.attributes.int('axis', 0), data.shape.length);
  const { shape } = indices;
  if (shape.length !== data.shape.length || shape.some((size, at) => at !== axis && size > data.shape[at]))
    node.bad(`its indices [${shape.join(', ')}] do not fit [${data.shape.join(', ')}]`);
  node.reserve(shape);
  const strides = stridesOf(data.shape);
  const steps = stridesOf(shape);
  const result = emptyLike(data, sizeOf(shape));
  for (let at = 0; at < result.length; at++) {
    let from = 0;
    for (let one = 0; one < shape.length; one++) {
      const place = Math.floor(at / steps[one]) % shape[one];
      from += strides[one] * (one === axis ? placed(node, indices.data[at], data.shape[axis]) : place);
    }
    result[at] = data.data[from];
  }
  return node.fold(data, { data: result, shape: [...shape] });
}

/** data[indices[…, 0], indices[…, 1], …]: a row of indices per block of the result. */
function gatherND(node: Conversion): Value {
  const { data, indices } = known(node);
  if (node.attributes.int('batch_dims', 0) !== 0) node.unsupported('it picks batch by batch (batch_dims)');
  const depth = indices.shape.at(-1) ?? node.bad('its indices are a single number');
  if (depth < 1 || depth > data.shape.length)
    node.bad(`${depth} indices do not fit ${data.shape.length} axes`);
  const rest = data.shape.slice(depth);
  const shape = [...indices.shape.slice(0, -1), ...rest];
  node.reserve(shape);
  const block = sizeOf(rest);
  const strides = stridesOf(data.shape);
  const rows = sizeOf(indices.shape.slice(0, -1));
  const result = emptyLike(data, rows * block);
  for (let row = 0; row < rows; row++) {
    let from = 0;
    for (let axis = 0; axis < depth; axis++)
      from += strides[axis] * placed(node, indices.data[row * depth + axis], data.shape[axis]);
    result.set(data.data.subarray(from, from + block), row * block);
  }
  return node.fold(data, { data: result, shape });
}

function known(node: Conversion): { data: HostTensor; indices: HostTensor } {
  const [data, indices] = ['data', 'indices'].map(
    (what, slot) => node.host(slot, what) ?? node.bad(`it has no ${what}`),
  );
  return { data, indices };
}

function emptyLike({ data }: HostTensor, size: number): HostTensor['data'] {
  return data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
}

function placed(node: Conversion, index: number, size: number): number {
  const at = index < 0 ? index + size : index;
  if (!Number.isInteger(at) || at < 0 || at >= size)
    node.bad(`an index is outside the ${size} entries it picks from`);
  return at;
}

export const picks: Record<string, OperatorDefinition> = {
  GatherElements: { convert: gatherElements, parameters: [1] },
  GatherND: { convert: gatherND, parameters: [1] },
};
