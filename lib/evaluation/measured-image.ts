import { pixelRows } from '../explainers/explain-image.js';
import { readings } from '../explainers/image/confidences.js';
import type { ImageTask } from '../explainers/image/image-task.js';
import { maskedImage } from '../explainers/image/masked-image.js';
import type { MaskedValues } from '../explainers/masked-values.js';
import type { CsrMaskProblem } from '../masks/problem.js';
import type { Tensor } from '../tensor.js';
import { squareMasks, type HidingTrials } from './metrics/infidelity.js';

/** One image of an evaluation, and what the metrics of all methods share: computed when it is first asked for, once. */
export class MeasuredImage {
  /** The network on parts of the image. */
  readonly values: MaskedValues<ArrayLike<number>>;
  #rows: Promise<CsrMaskProblem> | undefined;
  #trials: Promise<HidingTrials> | undefined;

  /** @param seed of every random choice on this image */
  constructor(
    readonly task: ImageTask,
    readonly seed: number,
  ) {
    this.values = maskedImage(task);
  }

  /** One byte per pixel, 1 where the object is; null where nobody says. */
  get truth(): Uint8Array | null {
    return this.task.truth ?? null;
  }

  /** SMUG's rows over the pixels, for the options in force. */
  get rows(): Promise<CsrMaskProblem> {
    const { model, image, settings, target } = this.task;
    return (this.#rows ??= pixelRows(model, image, { ...settings, target: target.index }).then(
      ({ problem }) => problem,
    ));
  }

  /** Square after square hidden. */
  get trials(): Promise<HidingTrials> {
    return (this.#trials ??= this.#hideSquares());
  }

  /** Whether the network reads the class from each of these inputs. */
  reads(inputs: readonly Tensor[]): Promise<boolean[]> {
    return readings(this.task, inputs.length, (at) => inputs[at]);
  }

  async #hideSquares(): Promise<HidingTrials> {
    const masks = squareMasks(this.task.image.baselines);
    const [whole, ...hidden] = Array.from(
      await this.values([new Uint8Array(masks[0].length).fill(1), ...masks]),
    );
    return { masks, drops: hidden.map((value) => whole - value) };
  }
}
