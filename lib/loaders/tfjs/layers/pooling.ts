import type { LayerConverter } from '../layer.js';
import { windowsOf } from './convolution.js';

function pooling(op: 'maxPool' | 'averagePool', spatial: number): LayerConverter {
  return (layer) => {
    const x = layer.image(spatial);
    const kernel = layer.config.wholes('pool_size', spatial, new Array<number>(spatial).fill(2));
    const windows = windowsOf(layer, x.shape.slice(1, -1), kernel, kernel);
    // TensorFlow never counts padding in an average.
    const operation =
      op === 'maxPool'
        ? { op, kernel, ...windows, ceil: false }
        : { op, kernel, ...windows, ceil: false, countIncludePad: false };
    return layer.emit(operation, [x.name], true);
  };
}

function globalAverage(spatial: number): LayerConverter {
  return (layer) => {
    const x = layer.image(spatial);
    const keepDims = layer.config.boolean('keepdims', false);
    const axes = Array.from({ length: spatial }, (_, axis) => axis + 2);
    return layer.emit({ op: 'reduceMean', axes, keepDims }, [x.name], keepDims);
  };
}

function globalMax(spatial: number): LayerConverter {
  return (layer) => {
    const x = layer.image(spatial);
    const maximum = layer.emit({ op: 'globalMaxPool' }, [x.name], true);
    if (layer.config.boolean('keepdims', false)) return maximum;
    const shape = layer.builder.shape(maximum.name).slice(0, 2);
    return layer.emit({ op: 'reshape', shape }, [maximum.name], false);
  };
}

export const poolingLayers: Record<string, LayerConverter> = {
  MaxPooling1D: pooling('maxPool', 1),
  MaxPooling2D: pooling('maxPool', 2),
  AveragePooling1D: pooling('averagePool', 1),
  AveragePooling2D: pooling('averagePool', 2),
  GlobalAveragePooling1D: globalAverage(1),
  GlobalAveragePooling2D: globalAverage(2),
  GlobalMaxPooling1D: globalMax(1),
  GlobalMaxPooling2D: globalMax(2),
};
