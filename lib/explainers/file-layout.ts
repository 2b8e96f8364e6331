import type { FirstLayer } from '../graph/split.js';
import type { Tensor } from '../tensor.js';

/** First-layer scores, batch 1, in the model file's own layout: `[1, H, W, O]` for a file with channels last. */
export function fileLayout(
  layout: 'channels-first' | 'channels-last',
  layer: FirstLayer,
  scores: Float32Array,
): Tensor {
  const shape = layer.outputShape;
  if (layout === 'channels-first' || layer.kind === 'dense') return { data: scores, shape: [1, ...shape] };
  const [channels, ...spatial] = shape;
  const positions = scores.length / channels;
  const data = new Float32Array(scores.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let at = 0; at < positions; at++) data[at * channels + channel] = scores[channel * positions + at];
  }
  return { data, shape: [1, ...spatial, channels] };
}
