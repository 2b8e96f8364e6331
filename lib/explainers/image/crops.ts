import { enlargeCrops } from '../../input/enlarge-crops.js';
import type { Bounds } from '../../masks/bounds.js';
import type { Tensor } from '../../tensor.js';
import { confidences } from './confidences.js';
import type { ImageTask } from './image-task.js';

/** A rectangle of the model's input. */
export type Crop = Bounds;

export interface Form {
  height: number;
  width: number;
}

/** The target's probability on every crop of the model's input, each resized bilinearly to the whole of it. */
export function cropConfidences(
  task: Pick<ImageTask, 'image' | 'network' | 'target' | 'settings'>,
  crops: readonly Crop[],
): Promise<Float64Array> {
  return confidences(task, crops.length, (first, count) =>
    cropped(task.image, crops.slice(first, first + count)),
  );
}

/** Parts of the model's input, each enlarged to the size of the whole, as one batch. */
function cropped({ prepared, baselines }: ImageTask['image'], crops: readonly Crop[]): Tensor {
  const { height, width, layout } = baselines;
  const { data, shape } = prepared.tensor;
  const pixels = height * width;
  const channels = data.length / pixels;
  const [perChannel, perPixel] = layout === 'channels-first' ? [pixels, 1] : [1, channels];
  const enlarged = enlargeCrops(data, { height, width }, crops, { channels, perChannel, perPixel });
  return { data: enlarged, shape: [crops.length, ...shape.slice(1)] };
}

/** Share of the area of the form that a crop has. */
function areaOf({ left, top, right, bottom }: Crop, { height, width }: Form): number {
  return ((right - left) * (bottom - top)) / (height * width);
}

/** log(max(0.05, share of the area)) − log(confidence): small crops that keep the class score low (Dabkowski, Gal 2017). */
export function cropScore(crop: Crop, confidence: number, form: Form): number {
  return Math.log(Math.max(0.05, areaOf(crop, form))) - Math.log(Math.max(confidence, Number.MIN_VALUE));
}

/** Crops asked about between two looks at which others can still be better. */
export const AT_A_TIME = 64;
/** A probability may round to a little more than 1. */
export const ROUNDING = 1e-5;

/** A crop by its place in the list, and its score. */
export interface Best {
  at: number;
  score: number;
}

/** Lower, or as low and before it. */
export function isBetter(one: Best, best: Best): boolean {
  return one.score < best.score || (one.score === best.score && one.at < best.at);
}

/** The crops' places in the list, small crops first. */
export function byArea(crops: readonly Crop[], form: Form): number[] {
  return [...crops.keys()].sort((a, b) => areaOf(crops[a], form) - areaOf(crops[b], form) || a - b);
}

/**
 * The crop with the lowest score, of equal ones the first. Small ones are asked about first, and those never whose area alone makes them
 * worse than the best: −log(confidence) is not negative.
 * @param confidences the class's probability on crops
 */
export async function bestCrop(
  crops: readonly Crop[],
  form: Form,
  confidences: (crops: readonly Crop[]) => Promise<ArrayLike<number>>,
): Promise<{ crop: Crop; score: number }> {
  const order = byArea(crops, form);
  let best: Best = { at: 0, score: Infinity };
  for (let from = 0; from < order.length; from += AT_A_TIME) {
    const part = order
      .slice(from, from + AT_A_TIME)
      .filter((at) => cropScore(crops[at], 1, form) <= best.score + ROUNDING);
    if (part.length === 0) break;
    const values = await confidences(part.map((at) => crops[at]));
    part.forEach((at, of) => {
      const score = cropScore(crops[at], values[of], form);
      if (isBetter({ at, score }, best)) best = { at, score };
    });
  }
  return { crop: crops[best.at], score: best.score };
}

/** The pixels of a crop as a choice and as scores. */
export function ratingOf(
  { left, top, right, bottom }: Crop,
  { height, width }: { height: number; width: number },
) {
  const kept = new Uint8Array(height * width);
  for (let y = top; y < bottom; y++) kept.fill(1, y * width + left, y * width + right);
  return { scores: Float32Array.from(kept), kept };
}
