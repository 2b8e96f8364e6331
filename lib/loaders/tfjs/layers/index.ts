import type { LayerConverter } from '../layer.js';
import { activationLayers } from './activation.js';
import { linearLayers } from './convolution.js';
import { mergingLayers } from './merging.js';
import { normalizationLayers } from './normalization.js';
import { poolingLayers } from './pooling.js';
import { shapingLayers } from './shaping.js';

/** Every layer that can be converted, by its Keras class. InputLayer and nested models are handled apart. */
export const layerConverters: ReadonlyMap<string, LayerConverter> = new Map(
  Object.entries({
    ...linearLayers,
    ...activationLayers,
    ...normalizationLayers,
    ...poolingLayers,
    ...mergingLayers,
    ...shapingLayers,
  }),
);
