import type { Tensor } from '../../tensor.js';
import { NeighbourImputation } from './neighbour-imputation.js';
import { topShare } from './top-share.js';

/** Shares of the pixels that are removed, as the paper's figures have them. */
export const ROAD_SHARES: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9];
/** Standard deviation of the noise on filled-in pixels, as a share of what lies between black and white. */
const NOISE = 0.01;

/** A picture as numbers, and how it is laid out. */
export interface RoadImage {
  tensor: Tensor;
  /** Like the tensor. */
  black: Tensor;
  white: Tensor;
  layout: 'channels-first' | 'channels-last';
  height: number;
  width: number;
}

/**
 * Remove and debias (ROAD; Rong et al. 2022), the most important first: the share of the removals after which the network still reads
 * the class. Removed pixels become their neighbours' weighted mean and a little noise, so that the shape of the hole tells the
 * network nothing. Low is good; the mean over images is the mean of the paper's curve of accuracy.
 * @param normal standard normal numbers
 * @param reads whether the network reads the class from each of these inputs
 */
export async function road(
  image: RoadImage,
  scores: ArrayLike<number>,
  normal: () => number,
  reads: (inputs: readonly Tensor[]) => Promise<readonly boolean[]>,
  shares = ROAD_SHARES,
): Promise<number> {
  const read = await reads(removals(image, scores, normal, shares));
  return read.filter(Boolean).length / shares.length;
}

/** The picture without its most important pixels, once for every share. */
export function removals(
  { tensor, black, white, layout, height, width }: RoadImage,
  scores: ArrayLike<number>,
  normal: () => number,
  shares = ROAD_SHARES,
): Tensor[] {
  const pixels = height * width;
  const channels = tensor.data.length / pixels;
  const [perChannel, perPixel] = layout === 'channels-first' ? [pixels, 1] : [1, channels];
  const planes = Array.from({ length: channels }, (_, channel) =>
    Float64Array.from(
      { length: pixels },
      (__, pixel) => tensor.data[channel * perChannel + pixel * perPixel],
    ),
  );
  // What fewer removals left is near what more of them leave.
  let guesses: readonly Float64Array[] = planes;
  return shares.map((share) => {
    const gone = topShare(scores, share);
    const imputation = new NeighbourImputation(
      gone.map((one) => 1 - one),
      { height, width },
    );
    const filled = planes.map((plane, channel) => imputation.fill(plane, guesses[channel]));
    guesses = filled;
    const data = tensor.data.slice();
    filled.forEach((plane, channel) => {
      for (let pixel = 0; pixel < pixels; pixel++) {
        if (!gone[pixel]) continue;
        const at = channel * perChannel + pixel * perPixel;
        data[at] = plane[pixel] + NOISE * (white.data[at] - black.data[at]) * normal();
      }
    });
    return { data, shape: tensor.shape };
  });
}
