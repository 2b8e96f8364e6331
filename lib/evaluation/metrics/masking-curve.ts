import type { MaskedValues } from '../../explainers/masked-values.js';

/** Steps of a curve where none are asked for. */
const STEPS = 50;

/** f along the masks that hold the first 0, 1/n, 2/n … of all parts, the one with the highest score first. */
export interface MaskingCurve {
  /** f after each step, n + 1 values. */
  values: Float64Array;
  /** Area under f over the share of the parts, by the trapezoidal rule. */
  area: number;
}

/**
 * The curves of RISE (Petsiuk, Das, Saenko 2018). Equal scores follow their place in the input.
 * @param reached what the mask has at the parts that were reached; the opposite elsewhere
 * @param steps masks after the first one, each of as many further parts, at most one per part
 */
export async function maskingCurve(
  values: MaskedValues,
  scores: ArrayLike<number>,
  reached: 0 | 1,
  steps = STEPS,
): Promise<MaskingCurve> {
  const order = Array.from({ length: scores.length }, (_, at) => at);
  order.sort((a, b) => scores[b] - scores[a] || a - b);
  // No step is shorter than one part.
  const count = Math.max(1, Math.min(steps, order.length));
  const mask = new Uint8Array(order.length).fill(1 - reached);
  const masks = [mask.slice()];
  let from = 0;
  for (let step = 1; step <= count; step++) {
    const to = Math.round((step * order.length) / count);
    for (; from < to; from++) mask[order[from]] = reached;
    masks.push(mask.slice());
  }
  const along = Float64Array.from(await values(masks));
  const sum = along.reduce((total, value) => total + value, 0) - (along[0] + along[count]) / 2;
  return { values: along, area: sum / count };
}
