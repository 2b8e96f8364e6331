import { bestCrop, type Crop } from '../../explainers/image/crops.js';
import { boundsOf } from '../../masks/bounds.js';

/** Thresholds tried beside 0. */
const THRESHOLDS = 100;

/**
 * The boxes of the saliency metric (Dabkowski, Gal 2017; LSC in the paper): for 0 and at most 100 evenly taken unique values of the
 * scores, the tightest box around what lies above, each box once.
 */
export function thresholdBoxes(scores: ArrayLike<number>, form: { height: number; width: number }): Crop[] {
  const unique = [...new Set(Array.from(scores))].sort((a, b) => a - b);
  const taken = new Set([0]);
  const count = Math.min(THRESHOLDS, unique.length);
  for (let at = 0; at < count; at++) taken.add(unique[Math.floor((at * unique.length) / count)]);
  const boxes = new Map<string, Crop>();
  for (const threshold of taken) {
    const box = boundsOf(form, (pixel) => scores[pixel] > threshold);
    if (box !== null) boxes.set(Object.values(box).join(), box);
  }
  return [...boxes.values()];
}

/**
 * The saliency metric: min over the boxes of log(max(0.05, area)) − log(confidence on the crop), and the box that has it. Lower
 * is better. Scores without a box are judged by the whole image.
 * @param confidences the class's probability on crops of the image, resized to the model's input
 */
export async function bestBox(
  scores: ArrayLike<number>,
  form: { height: number; width: number },
  confidences: (crops: readonly Crop[]) => Promise<ArrayLike<number>>,
): Promise<{ metric: number; box: Crop }> {
  const found = thresholdBoxes(scores, form);
  const boxes = found.length > 0 ? found : [{ left: 0, top: 0, right: form.width, bottom: form.height }];
  const { crop, score } = await bestCrop(boxes, form, confidences);
  return { metric: score, box: crop };
}

/** The saliency metric alone; see `bestBox`. */
export async function saliencyMetric(...of: Parameters<typeof bestBox>): Promise<number> {
  return (await bestBox(...of)).metric;
}
