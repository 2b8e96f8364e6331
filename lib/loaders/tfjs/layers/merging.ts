import type { Layer, LayerConverter, LayerValue } from '../layer.js';

/** All inputs in one layout: channels first where one of them has it already and all have as many axes. */
function aligned(layer: Layer): LayerValue[] {
  const { inputs } = layer;
  if (inputs.length < 2) layer.bad(`it expects several inputs, got ${inputs.length}`);
  const sameRank = inputs.every((value) => value.shape.length === inputs[0].shape.length);
  const first = sameRank && inputs.some((value) => value.channelsFirst);
  return inputs.map((value) => (first ? layer.toChannelsFirst(value) : layer.toPlain(value)));
}

function combine(layer: Layer, op: 'add' | 'sub' | 'mul'): LayerValue {
  return aligned(layer).reduce((total, value) =>
    layer.emit({ op }, [total.name, value.name], total.channelsFirst && value.channelsFirst),
  );
}

function subtract(layer: Layer): LayerValue {
  if (layer.inputs.length !== 2) layer.bad(`it expects two inputs, got ${layer.inputs.length}`);
  return combine(layer, 'sub');
}

function average(layer: Layer): LayerValue {
  const sum = combine(layer, 'add');
  return layer.emit({ op: 'mul' }, [sum.name, layer.scalar(1 / layer.inputs.length)], sum.channelsFirst);
}

function concatenate(layer: Layer): LayerValue {
  if (layer.inputs.length === 1) return layer.inputs[0];
  const values = aligned(layer);
  const axis = layer.axisOf(values[0], layer.config.number('axis', -1));
  return layer.emit(
    { op: 'concat', axis },
    values.map((value) => value.name),
    values[0].channelsFirst,
  );
}

export const mergingLayers: Record<string, LayerConverter> = {
  Add: (layer) => combine(layer, 'add'),
  Subtract: subtract,
  Multiply: (layer) => combine(layer, 'mul'),
  Average: average,
  Concatenate: concatenate,
};
