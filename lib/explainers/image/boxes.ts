import type { CompiledNetwork } from '../../engines/engine.js';
import { bestCrop, cropConfidences, ratingOf, type Crop } from './crops.js';
import type { ImageMethod } from './image-task.js';
import { screenedBestCrop } from './screened-crops.js';

/** The box around the middle that holds half of the area. */
export const centerBox: ImageMethod = async ({ image }) => {
  const { height, width } = image.baselines;
  const [tall, wide] = [height, width].map((side) => Math.round(side * Math.SQRT1_2));
  const top = Math.round((height - tall) / 2);
  const left = Math.round((width - wide) / 2);
  return ratingOf({ left, top, right: left + wide, bottom: top + tall }, image.baselines);
};

/** The whole image. */
export const maxBox: ImageMethod = async ({ image }) => {
  const { height, width } = image.baselines;
  return ratingOf({ left: 0, top: 0, right: width, bottom: height }, image.baselines);
};

/** Lines of the grid on each axis, and the least cells between a box's sides, as the reference implementation has them. */
const GRID = 10;
const LEAST = 2;

/** Every box whose corners lie on a grid of `GRID` cells, at least two cells long on each side. */
export function gridBoxes({ height, width }: { height: number; width: number }): Crop[] {
  const lines = (side: number) => Array.from({ length: GRID + 1 }, (_, at) => Math.round((at * side) / GRID));
  const spans = (side: number) => {
    const at = lines(side);
    return at
      .flatMap((low, i) => at.slice(i + LEAST).map((high) => [low, high] as const))
      .filter(([low, high]) => high > low);
  };
  return spans(height).flatMap(([top, bottom]) =>
    spans(width).map(([left, right]) => ({ left, top, right, bottom })),
  );
}

/**
 * The box of the grid with the lowest saliency metric: what that metric is at best, found by trying all that can have it, first in
 * bfloat16 where the processor computes faster in it.
 */
export const optBox: ImageMethod = async (task) => {
  const form = task.image.baselines;
  const boxes = gridBoxes(form);
  const on = (network: CompiledNetwork) => (crops: readonly Crop[]) =>
    cropConfidences({ ...task, network }, crops);
  const rough = await task.model.compileRougher(task.graph);
  const { crop } = rough
    ? await screenedBestCrop(boxes, form, on(task.network), on(rough))
    : await bestCrop(boxes, form, on(task.network));
  return ratingOf(crop, form);
};
