import type { Operation } from '../../../graph/graph.js';
import type { Layer, LayerConverter, LayerValue } from '../layer.js';

/** Element-wise activations by their Keras names. */
const byName: Record<string, Operation> = {
  linear: { op: 'identity' },
  relu: { op: 'relu' },
  relu6: { op: 'clip', min: 0, max: 6 },
  elu: { op: 'elu', alpha: 1 },
  selu: { op: 'selu', alpha: 1.6732632423543772, gamma: 1.0507009873554805 },
  sigmoid: { op: 'sigmoid' },
  tanh: { op: 'tanh' },
  softplus: { op: 'softplus' },
  swish: { op: 'swish', alpha: 1 },
  silu: { op: 'swish', alpha: 1 },
  hard_swish: { op: 'hardSwish' },
  hard_silu: { op: 'hardSwish' },
  gelu: { op: 'gelu' },
  leaky_relu: { op: 'leakyRelu', alpha: 0.2 },
};

/** Applies the activation that `name` means. */
function activate(layer: Layer, x: LayerValue, name: string): LayerValue {
  if (name === 'linear') return x;
  if (name === 'softmax' || name === 'log_softmax') {
    const op = name === 'softmax' ? 'softmax' : 'logSoftmax';
    return layer.emit({ op, axis: layer.axisOf(x, -1) }, [x.name], x.channelsFirst);
  }
  // Keras 3 defines the hard sigmoid as relu6(x + 3) / 6.
  const alpha = layer.kerasVersion >= 3 ? 1 / 6 : 0.2;
  const operation: Operation | undefined =
    name === 'hard_sigmoid'
      ? { op: 'hardSigmoid', alpha, beta: 0.5 }
      : Object.hasOwn(byName, name)
        ? byName[name]
        : undefined;
  if (operation === undefined) {
    const known = [...Object.keys(byName), 'hard_sigmoid', 'softmax', 'log_softmax'].sort().join(', ');
    return layer.unsupported(`activation '${name}'; known are ${known}`);
  }
  return layer.emit(operation, [x.name], x.channelsFirst);
}

/** The activation named in a layer's own configuration. */
export function ownActivation(layer: Layer, x: LayerValue): LayerValue {
  return activate(layer, x, layer.config.string('activation', 'linear'));
}

function relu(layer: Layer): LayerValue {
  const { config } = layer;
  if (config.number('threshold', 0) !== 0) layer.unsupported('a threshold other than 0');
  const slope = config.number('negative_slope', 0);
  const max = config.has('max_value') ? config.number('max_value') : Infinity;
  let x = layer.input();
  if (slope !== 0) {
    x = layer.emit({ op: 'leakyRelu', alpha: slope }, [x.name], x.channelsFirst);
    return max === Infinity ? x : layer.emit({ op: 'clip', min: -Infinity, max }, [x.name], x.channelsFirst);
  }
  const operation: Operation = max === Infinity ? { op: 'relu' } : { op: 'clip', min: 0, max };
  return layer.emit(operation, [x.name], x.channelsFirst);
}

function leakyRelu(layer: Layer): LayerValue {
  const x = layer.input();
  const { config } = layer;
  const alpha = config.has('negative_slope') ? config.number('negative_slope') : config.number('alpha', 0.3);
  return layer.emit({ op: 'leakyRelu', alpha }, [x.name], x.channelsFirst);
}

/** One slope a value, with shared axes of size 1; it moves with the layout of x. */
function prelu(layer: Layer): LayerValue {
  const x = layer.input();
  const rank = x.shape.length - 1;
  const perm = x.channelsFirst
    ? [rank - 1, ...Array.from({ length: rank - 1 }, (_, axis) => axis)]
    : undefined;
  return layer.emit({ op: 'prelu' }, [x.name, layer.weightConstant(['alpha'], rank, perm)], x.channelsFirst);
}

function softmax(layer: Layer): LayerValue {
  const x = layer.input();
  const axis = Array.isArray(layer.config.json.axis)
    ? (layer.config.list('axis')[0] ?? -1)
    : layer.config.number('axis', -1);
  return layer.emit({ op: 'softmax', axis: layer.axisOf(x, axis) }, [x.name], x.channelsFirst);
}

export const activationLayers: Record<string, LayerConverter> = {
  Activation: (layer) => ownActivation(layer, layer.input()),
  ReLU: relu,
  LeakyReLU: leakyRelu,
  PReLU: prelu,
  ELU: (layer) => {
    const x = layer.input();
    return layer.emit({ op: 'elu', alpha: layer.config.number('alpha', 1) }, [x.name], x.channelsFirst);
  },
  Softmax: softmax,
};
