import { sizeOf } from '../../../tensor.js';
import type { Layer, LayerConverter, LayerValue } from '../layer.js';

function reshapeTo(layer: Layer, shape: readonly number[]): LayerValue {
  const x = layer.toPlain(layer.input());
  const target = [x.shape[0], ...shape];
  const open = shape.indexOf(-1);
  if (open >= 0)
    target[open + 1] =
      sizeOf(x.shape) / shape.reduce((product, size) => (size === -1 ? product : product * size), x.shape[0]);
  return layer.emit({ op: 'reshape', shape: target }, [x.name], false);
}

/** `dims` counts from 1 and leaves the batch out. */
function permute(layer: Layer): LayerValue {
  const x = layer.toPlain(layer.input());
  return layer.emit({ op: 'transpose', perm: [0, ...layer.config.list('dims')] }, [x.name], false);
}

/** Adds zeros around the spatial axes, or (sign −1) cuts them off. */
function margins(spatial: number, attribute: 'padding' | 'cropping'): LayerConverter {
  const sign = attribute === 'padding' ? 1 : -1;
  return (layer) => {
    const x = layer.image(spatial);
    const pairs = layer.config.margins(attribute, spatial);
    const pads = [0, 0, ...pairs.map(([begin]) => sign * begin), 0, 0, ...pairs.map(([, end]) => sign * end)];
    return layer.emit({ op: 'pad', pads, mode: 'constant', value: 0 }, [x.name], true);
  };
}

function upSampling(spatial: number): LayerConverter {
  return (layer) => {
    const x = layer.image(spatial);
    const interpolation = layer.config.string('interpolation', 'nearest');
    if (interpolation !== 'nearest') layer.unsupported(`interpolation '${interpolation}'; only nearest is`);
    const scales = layer.config.wholes('size', spatial, new Array<number>(spatial).fill(2));
    return layer.emit({ op: 'upsample', scales }, [x.name], true);
  };
}

/** Layers that do nothing when a network is used. */
const inference: LayerConverter = (layer) => layer.input();

export const shapingLayers: Record<string, LayerConverter> = {
  Flatten: (layer) => reshapeTo(layer, [-1]),
  Reshape: (layer) => reshapeTo(layer, layer.config.openShape('target_shape')),
  Permute: permute,
  ZeroPadding1D: margins(1, 'padding'),
  ZeroPadding2D: margins(2, 'padding'),
  Cropping1D: margins(1, 'cropping'),
  Cropping2D: margins(2, 'cropping'),
  UpSampling1D: upSampling(1),
  UpSampling2D: upSampling(2),
  Dropout: inference,
  SpatialDropout1D: inference,
  SpatialDropout2D: inference,
  AlphaDropout: inference,
  GaussianDropout: inference,
  GaussianNoise: inference,
  ActivityRegularization: inference,
  Identity: inference,
};
