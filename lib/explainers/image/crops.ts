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

/** The class's probability on crops. */
export type Confidences = (crops: readonly Crop[]) => Promise<ArrayLike<number>>;

/** A crop by its place in a list, and its score. */
export interface ScoredCrop {
  at: number;
  score: number;
}

/** The lowest score of a list of crops so far, of equal ones the first. */
export class BestCrop {
  #at = 0;
  #score = Infinity;
  readonly #crops: readonly Crop[];
  readonly #form: Form;

  constructor(crops: readonly Crop[], form: Form) {
    this.#crops = crops;
    this.#form = form;
  }

  get score(): number {
    return this.#score;
  }

  get found(): { crop: Crop; score: number } {
    return { crop: this.#crops[this.#at], score: this.#score };
  }

  take({ at, score }: ScoredCrop): void {
    if (score < this.#score || (score === this.#score && at < this.#at)) {
      this.#at = at;
      this.#score = score;
    }
  }

  /** Crops by their places, scored. */
  async scored(places: readonly number[], confidences: Confidences): Promise<ScoredCrop[]> {
    const values = await confidences(places.map((at) => this.#crops[at]));
    return places.map((at, of) => ({ at, score: cropScore(this.#crops[at], values[of], this.#form) }));
  }

  /**
   * The places of crops to ask about, some at a time, small ones first, and those never whose area alone makes them worse than the
   * best by then: −log(confidence) is not negative.
   */
  *hopeful(): Generator<number[], void> {
    const [crops, form] = [this.#crops, this.#form];
    const order = [...crops.keys()].sort((a, b) => areaOf(crops[a], form) - areaOf(crops[b], form) || a - b);
    for (let from = 0; from < order.length; from += AT_A_TIME) {
      const part = order
        .slice(from, from + AT_A_TIME)
        .filter((at) => this.mayBeat(cropScore(crops[at], 1, form)));
      if (part.length === 0) return;
      yield part;
    }
  }

  /** Whether something that scores at least so much may be as good as the best. */
  mayBeat(least: number): boolean {
    return least <= this.#score + ROUNDING;
  }
}

/** Crops asked about between two looks at which others can still be better. */
const AT_A_TIME = 64;
/** A probability may round to a little more than 1. */
const ROUNDING = 1e-5;

/** The crop with the lowest score, of equal ones the first. */
export async function bestCrop(
  crops: readonly Crop[],
  form: Form,
  confidences: Confidences,
): Promise<{ crop: Crop; score: number }> {
  const best = new BestCrop(crops, form);
  for (const part of best.hopeful()) for (const one of await best.scored(part, confidences)) best.take(one);
  return best.found;
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
