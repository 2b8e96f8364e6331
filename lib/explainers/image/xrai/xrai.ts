import type { ModelImage } from '../../../model/model-image.js';
import { placesOf, type ImageMethod } from '../image-task.js';
import { meanOverBaselines } from '../integrated-gradients.js';
import type { InterleavedPicture } from './felzenszwalb.js';
import { mergeSegments } from './merge-segments.js';
import { overlappingSegments, sidesOf } from './segments.js';

/** Pixels that a segment must add, of a picture of 224×224. */
const LEAST = 50;

/**
 * XRAI (Kapishnikov, Bolukbasi, Viégas, Terry 2019): regions of the picture, ranked by the mean of integrated gradients from a black and
 * a white image over them; of the channels the largest counts. Sizes that were published for 224×224 pixels shrink and grow with the
 * picture.
 */
export const xrai: ImageMethod = async (task) => {
  const { image } = task;
  const { height, width } = image.baselines;
  const { black, white } = image.baselines;
  const { mean, steps, completenessError } = await meanOverBaselines(task, [black, white]);
  const attribution = mostOfChannels(image, mean);
  const segments = overlappingSegments(seenPicture(image));
  const least = Math.max(1, Math.round(LEAST * sidesOf({ height, width }) ** 2));
  return { scores: mergeSegments(attribution, segments, least), kept: null, steps, completenessError };
};

function mostOfChannels(image: ModelImage, values: Float32Array): Float32Array {
  const { pixels, channels, at } = placesOf(image);
  return Float32Array.from({ length: pixels }, (_, pixel) => {
    let most = -Infinity;
    for (let channel = 0; channel < channels; channel++) most = Math.max(most, values[at(pixel, channel)]);
    return most;
  });
}

/** The picture as the model sees it, with the colours that it had before it was normalised: black 0, white 1. */
function seenPicture(image: ModelImage): InterleavedPicture {
  const { pixels, channels, at } = placesOf(image);
  const { height, width, black, white } = image.baselines;
  const { data } = image.prepared.tensor;
  const colours = new Float32Array(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let channel = 0; channel < channels; channel++) {
      const place = at(pixel, channel);
      const range = white.data[place] - black.data[place] || 1;
      colours[pixel * channels + channel] = (data[place] - black.data[place]) / range;
    }
  return { height, width, channels, data: colours };
}
