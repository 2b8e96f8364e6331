import { SmugError } from '../../../errors.js';
import type { Tensor } from '../../../tensor.js';
import type { Layer, LayerConverter, LayerValue } from '../layer.js';

/** y = γ·(x − mean)/√(variance + ε) + β over the channels. */
function batchNormalization(layer: Layer): LayerValue {
  const { config } = layer;
  const x = layer.toChannelsFirst(layer.input());
  const rank = x.shape.length;
  const axis = Array.isArray(config.json.axis) ? (config.list('axis')[0] ?? -1) : config.number('axis', -1);
  if (rank < 2 || axis < -rank || (axis < 0 ? axis + rank : axis) !== rank - 1)
    layer.unsupported(`axis ${axis} of ${rank}; only the channels, the last axis, are`);
  const channels = x.shape[rank - 1];
  const read = (...names: string[]): Float32Array => {
    const { name, values } = layer.weight(...names);
    const data = values();
    if (data.length !== channels)
      layer.bad(`weight '${name}' has ${data.length} entries for ${channels} channels`);
    return data;
  };
  const gamma = config.boolean('scale', true) ? read('gamma') : undefined;
  const beta = config.boolean('center', true) ? read('beta') : undefined;
  const [mean, variance] = [read('moving_mean'), read('moving_variance')];
  const epsilon = config.number('epsilon', 1e-3);
  const bad = variance.findIndex((value) => !(value + epsilon > 0));
  if (bad >= 0)
    throw new SmugError(
      'BAD_WEIGHTS',
      `${layer.label}: its variance is ${variance[bad]} for channel ${bad}; expected a positive one.`,
    );
  const factor = (c: number) => (gamma?.[c] ?? 1) / Math.sqrt(variance[c] + epsilon);
  const scale = Float32Array.from({ length: channels }, (_, c) => factor(c));
  const shift = Float32Array.from({ length: channels }, (_, c) => (beta?.[c] ?? 0) - mean[c] * factor(c));
  const constants = [scale, shift].map((data, at) =>
    layer.constant(`${layer.name}/${at === 0 ? 'scale' : 'shift'}`, { data, shape: [channels] }),
  );
  return layer.emit({ op: 'affine' }, [x.name, ...constants], x.channelsFirst);
}

/** (x − mean)/√(variance + ε)·γ + β along one axis of every sample */
function layerNormalization(layer: Layer): LayerValue {
  const { config } = layer;
  const x = layer.input();
  const rank = x.shape.length;
  const listed = Array.isArray(config.json.axis) ? config.list('axis') : [config.number('axis', -1)];
  const axes = listed.map((axis) => (axis < 0 ? axis + rank : axis));
  if (axes.length !== 1 || !(axes[0] >= 1 && axes[0] < rank))
    layer.unsupported(`axes [${listed.join(', ')}] of ${rank}; one of a sample's is`);
  if (config.boolean('rms_scaling', false)) layer.unsupported('rms_scaling');
  const size = x.shape[axes[0]];
  const vector = (name: string, wanted: boolean, otherwise: number): string => {
    const data = wanted ? layer.weight(name).values() : new Float32Array(size).fill(otherwise);
    if (data.length !== size) layer.bad(`weight '${name}' has ${data.length} entries for ${size}`);
    return layer.constant(`${layer.name}/${name}`, { data, shape: [size] });
  };
  const parameters = [
    vector('gamma', config.boolean('scale', true), 1),
    vector('beta', config.boolean('center', true), 0),
  ];
  return layer.emit(
    { op: 'layerNorm', axis: layer.axisOf(x, axes[0]), epsilon: config.number('epsilon', 1e-3) },
    [x.name, ...parameters],
    x.channelsFirst,
  );
}

/** One factor for all values, or one per channel. */
function perChannel(layer: Layer, x: LayerValue, name: string, values: number[]): string {
  if (values.length === 1) return layer.scalar(values[0]);
  const channels = x.shape.at(-1) as number;
  if (values.length !== channels)
    layer.bad(`'${name}' has ${values.length} entries for ${channels} channels`);
  const trailing = x.channelsFirst ? x.shape.slice(2).map(() => 1) : [];
  const tensor: Tensor = { data: Float32Array.from(values), shape: [channels, ...trailing] };
  return layer.constant(`${layer.name}/${name}`, tensor);
}

function numbers(layer: Layer, name: string, otherwise: number): number[] {
  return Array.isArray(layer.config.json[name])
    ? layer.config.list(name).flat()
    : [layer.config.number(name, otherwise)];
}

/** x·scale + offset */
function rescaling(layer: Layer): LayerValue {
  const x = layer.input();
  const scaled = layer.emit(
    { op: 'mul' },
    [x.name, perChannel(layer, x, 'scale', numbers(layer, 'scale', 1))],
    x.channelsFirst,
  );
  const offset = perChannel(layer, x, 'offset', numbers(layer, 'offset', 0));
  return layer.emit({ op: 'add' }, [scaled.name, offset], x.channelsFirst);
}

/** (x − mean)/√variance, by what the layer saw when it was adapted. */
function normalization(layer: Layer): LayerValue {
  const x = layer.input();
  const [mean, variance] = ['mean', 'variance'].map((name) =>
    Array.isArray(layer.config.json[name]) ? layer.config.list(name) : [...layer.weight(name).values()],
  );
  const shifted = layer.emit({ op: 'sub' }, [x.name, perChannel(layer, x, 'mean', mean)], x.channelsFirst);
  // Keras divides by at least its epsilon.
  const deviation = variance.map((value) => Math.max(Math.sqrt(value), 1e-7));
  return layer.emit(
    { op: 'div' },
    [shifted.name, perChannel(layer, x, 'deviation', deviation)],
    x.channelsFirst,
  );
}

export const normalizationLayers: Record<string, LayerConverter> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  Rescaling: rescaling,
  Normalization: normalization,
};
