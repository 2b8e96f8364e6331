import { resizeBilinear } from '../../input/resize-map.js';
import type { Bounds } from '../../masks/bounds.js';
import type { Tensor } from '../../tensor.js';
import { confidences } from './confidences.js';
import type { ImageTask } from './image-task.js';

/** A rectangle of the model's input. */
export type Crop = Bounds;

/** The target's probability on every crop of the model's input, each resized bilinearly to the whole of it. */
export function cropConfidences(
  task: Pick<ImageTask, 'image' | 'network' | 'target' | 'settings'>,
  crops: readonly Crop[],
): Promise<Float64Array> {
  return confidences(task, crops.length, (at) => cropped(task.image, crops[at]));
}

/** The part of the model's input, enlarged to the size of the whole. */
function cropped({ prepared, baselines }: ImageTask['image'], { left, top, right, bottom }: Crop): Tensor {
  const { height, width, layout } = baselines;
  const { data, shape } = prepared.tensor;
  const pixels = height * width;
  const channels = data.length / pixels;
  const [perChannel, perPixel] = layout === 'channels-first' ? [pixels, 1] : [1, channels];
  const from = { height: bottom - top, width: right - left };
  const enlarged = new Float32Array(data.length);
  for (let channel = 0; channel < channels; channel++) {
    const plane = new Float32Array(from.height * from.width);
    for (let y = 0; y < from.height; y++)
      for (let x = 0; x < from.width; x++)
        plane[y * from.width + x] = data[channel * perChannel + ((top + y) * width + left + x) * perPixel];
    resizeBilinear(plane, from, { height, width }).forEach((value, pixel) => {
      enlarged[channel * perChannel + pixel * perPixel] = value;
    });
  }
  return { data: enlarged, shape: [...shape] };
}

/** log(max(0.05, share of the area)) − log(confidence): small crops that keep the class score low (Dabkowski, Gal 2017). */
export function cropScore(
  crop: Crop,
  confidence: number,
  { height, width }: { height: number; width: number },
): number {
  const area = ((crop.right - crop.left) * (crop.bottom - crop.top)) / (height * width);
  return Math.log(Math.max(0.05, area)) - Math.log(Math.max(confidence, Number.MIN_VALUE));
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
