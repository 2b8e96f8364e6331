import { SmugError } from '../../errors.js';
import { resizeBilinear } from '../../input/resize-map.js';
import type { ImageMethod } from './image-task.js';

/**
 * Grad-CAM (Selvaraju et al. 2017) at the last convolution that still has a picture: ReLU(Σ_c w_c A_c), w_c the mean of ∂F/∂A_c over the
 * positions, enlarged bilinearly to the model's input.
 */
export const gradCam: ImageMethod = async ({ image, network, graph, target, settings }) => {
  const layer = graph.nodes.findLast(({ op, output }) => {
    const shape = graph.shapes.get(output) ?? [];
    return op === 'conv' && shape.length === 4 && shape[2] * shape[3] > 1;
  });
  if (layer === undefined)
    throw new SmugError(
      'UNSUPPORTED_MODEL',
      'grad-cam needs a convolution with a picture as its output; this network has none.',
    );
  const inputs = [image.prepared.tensor];
  const { signal } = settings;
  const [maps] = await network.forward(inputs, { wanted: [layer.output], signal });
  const { gradients } = await network.gradient({ inputs, at: layer.output, targets: [target.index], signal });
  const [, channels, height, width] = graph.shapes.get(layer.output)!;
  const positions = height * width;
  const map = new Float64Array(positions);
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * positions;
    let weight = 0;
    for (let at = 0; at < positions; at++) weight += gradients.data[start + at] / positions;
    for (let at = 0; at < positions; at++) map[at] += weight * maps.data[start + at];
  }
  const positive = Float32Array.from(map, (value) => Math.max(0, value));
  const { height: tall, width: wide } = image.baselines;
  return {
    scores: resizeBilinear(positive, { height, width }, { height: tall, width: wide }),
    kept: null,
    steps: 1,
  };
};
