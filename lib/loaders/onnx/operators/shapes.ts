import { sizeOf } from '../../../tensor.js';
import { integers } from '../../host-tensor.js';
import { hostValue, type Conversion, type OperatorDefinition, type Value } from '../conversion.js';
import { dataTypeOf } from '../tensors.js';

/** Shapes are static, so whatever is computed from them is known while the file is read. */
function shape(node: Conversion): Value {
  const dims = node.shape(0);
  const bound = (name: string, otherwise: number): number => {
    const value = node.attributes.int(name, otherwise);
    return Math.min(dims.length, Math.max(0, value < 0 ? value + dims.length : value));
  };
  return hostValue(integers(dims.slice(bound('start', 0), bound('end', dims.length))), node.name);
}

function constant(node: Conversion): Value {
  const { attributes } = node;
  const tensor = node.tensorAttribute('value');
  if (tensor) return hostValue(tensor, node.name);
  if (attributes.has('value_int'))
    return hostValue(integers([attributes.int('value_int', 0)], []), node.name);
  if (attributes.has('value_ints'))
    return hostValue(integers(attributes.ints('value_ints') ?? []), node.name);
  const floats = attributes.has('value_float')
    ? [attributes.float('value_float', 0)]
    : attributes.floats('value_floats');
  if (floats === undefined) return node.unsupported('its value is no tensor of numbers');
  const dims = attributes.has('value_float') ? [] : [floats.length];
  return hostValue({ data: Float32Array.from(floats), shape: dims, integer: false }, node.name);
}

function constantOfShape(node: Conversion): Value {
  const dims = node.hostNumbers(0, 'shape') ?? node.bad('it has no shape');
  const value = node.tensorAttribute('value') ?? { data: new Float32Array(1), shape: [1], integer: false };
  if (value.data.length !== 1) node.bad('its value must be one number');
  node.reserve(dims);
  const data = value.integer ? new Float64Array(sizeOf(dims)) : new Float32Array(sizeOf(dims));
  return node.fold(value, { data: data.fill(value.data[0]), shape: dims });
}

function range(node: Conversion): Value {
  const [start, limit, delta] = ['start', 'limit', 'delta'].map(
    (what, slot) => node.host(slot, what) ?? node.bad(`it has no ${what}`),
  );
  const step = delta.data[0];
  const count = Math.max(0, Math.ceil((limit.data[0] - start.data[0]) / step));
  node.reserve([count]);
  const data = start.integer ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = start.data[0] + i * step;
  return node.fold(start, { data, shape: [count] });
}

/** Between numbers of one kind a computed value passes as it is; turning it into whole numbers would round it. */
function cast(node: Conversion): Value {
  const code = node.attributes.int('to');
  const type = dataTypeOf(code) ?? node.unsupported(`type ${code} is not a number`);
  const x = node.input(0);
  if (x.kind === 'graph') {
    if (type.integer && !x.integer) node.unsupported(`it rounds a computed value to ${type.name}`);
    if (type.name === 'bool') node.unsupported('it turns a computed value into true or false');
    return { ...x, integer: type.integer };
  }
  const { data, shape: dims } = x.tensor;
  node.reserve(dims);
  if (!type.integer)
    return hostValue({ data: Float32Array.from(data), shape: dims, integer: false }, node.name);
  const whole = type.name === 'bool' ? (value: number) => Number(value !== 0) : Math.trunc;
  return hostValue({ data: Float64Array.from(data, whole), shape: dims, integer: true }, node.name);
}

export const shapes: Record<string, OperatorDefinition> = {
  Shape: { convert: shape },
  Size: { convert: (node) => hostValue(integers([sizeOf(node.shape(0))], []), node.name) },
  Constant: { convert: constant },
  ConstantOfShape: { convert: constantOfShape, parameters: [0] },
  Range: { convert: range, parameters: [0, 1, 2] },
  Cast: { convert: cast },
};
