import { broadcastArray } from '../../../graph/array-operations.js';
import { sizeOf } from '../../../tensor.js';
import { hostValue, type Conversion, type OperatorDefinition, type Value } from '../conversion.js';

/** y = scale·(x − mean)/√(variance + ε) + shift, as one multiplication and addition a channel. */
function batchNormalization(node: Conversion): Value {
  if (node.attributes.int('training_mode', 0) || node.usedOutputs.slice(1).some((used) => used))
    node.unsupported('it is in training mode');
  if (node.attributes.int('spatial', 1) === 0 && node.shape(0).length > 2)
    node.unsupported('it normalises every position by itself');
  const names = ['scale', 'shift', 'mean', 'variance'];
  const [gamma, beta, mean, variance] = names.map(
    (name, at) => node.host(at + 1, name) ?? node.bad(`it has no ${name}`),
  );
  const channels = node.shape(0)[1];
  for (const [at, tensor] of [gamma, beta, mean, variance].entries())
    if (tensor.data.length !== channels)
      node.bad(`its ${names[at]} has ${tensor.data.length} entries for ${channels} channels`);
  const epsilon = node.attributes.float('epsilon', 1e-5);
  const scale = new Float32Array(channels);
  const shift = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    const factor = gamma.data[c] / Math.sqrt(variance.data[c] + epsilon);
    scale[c] = factor;
    shift[c] = beta.data[c] - mean.data[c] * factor;
  }
  return node.emit({ op: 'affine' }, [
    node.input(0),
    hostValue({ data: scale, shape: [channels], integer: false }, `${node.name}.scale`),
    hostValue({ data: shift, shape: [channels], integer: false }, `${node.name}.shift`),
  ]);
}

function lrn(node: Conversion): Value {
  const { attributes } = node;
  const size = attributes.int('size') ?? node.bad('it has no size');
  const alpha = attributes.float('alpha', 1e-4);
  return node.emit(
    { op: 'lrn', size, alpha, beta: attributes.float('beta', 0.75), bias: attributes.float('bias', 1) },
    [node.input(0)],
  );
}

/** Over all axes from `axis` on, taken together. */
function layerNormalization(node: Conversion): Value {
  const shape = node.shape(0);
  const axis = node.axis(node.attributes.int('axis', -1), shape.length);
  if (node.usedOutputs.slice(1).some((used) => used)) node.unsupported('its mean or its deviation is used');
  const stash = node.attributes.int('stash_type', 1);
  if (stash !== 1) node.unsupported(`it computes in type ${stash}; 1, float32, is supported`);
  const normal = shape.slice(axis);
  const size = sizeOf(normal);
  const entries = (slot: number, what: string): Value => {
    const tensor = node.host(slot, what);
    const given = tensor ?? { data: new Float32Array(1), shape: [1], integer: false };
    const over = normal.slice(-given.shape.length);
    if (
      given.shape.length > normal.length ||
      given.shape.some((length, at) => length !== 1 && length !== over[at])
    )
      node.bad(`its ${what} [${given.shape.join(', ')}] does not fit [${normal.join(', ')}]`);
    node.reserve(normal);
    const { data } = broadcastArray(given, normal);
    return hostValue({ data, shape: [size], integer: false }, `${node.name}.${what}`);
  };
  const scale = entries(1, node.inputs[1] ? 'scale' : node.bad('it has no scale'));
  const shift = entries(2, 'shift');
  const epsilon = node.attributes.float('epsilon', 1e-5);
  const rows = node.reshape(node.input(0), [...shape.slice(0, axis), size]);
  return node.reshape(node.emit({ op: 'layerNorm', axis, epsilon }, [rows, scale, shift]), shape);
}

export const normalisations: Record<string, OperatorDefinition> = {
  BatchNormalization: { convert: batchNormalization, parameters: [1, 2, 3, 4] },
  LayerNormalization: { convert: layerNormalization, parameters: [1, 2] },
  LRN: { convert: lrn },
};
