import type { ImageMethodName } from '../api/methods.js';
import { pixelRows } from '../explainers/explain-image.js';
import { readings } from '../explainers/image/confidences.js';
import type { ImageTask } from '../explainers/image/image-task.js';
import { maskedImage } from '../explainers/image/masked-image.js';
import { imageTask, rateTask } from '../explainers/image/rate-image.js';
import type { MaskedValues } from '../explainers/masked-values.js';
import { shapeOf } from '../graph/graph.js';
import type { CsrMaskProblem } from '../masks/problem.js';
import { Random } from '../random.js';
import { sizeOf, stacked, type Tensor } from '../tensor.js';
import { squareMasks, type HidingTrials } from './metrics/infidelity.js';
import { otherClass } from './metrics/random-logit.js';
import type { RandomisedModels } from './randomised-models.js';

/** Noisy copies of the image, and the most that noise moves a number, as a share of what lies between black and white. */
const NOISY = 10;
const RADIUS = 0.02;

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
    readonly randomised: RandomisedModels,
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
    return readings(this.task, inputs.length, (first, count) => stacked(inputs.slice(first, first + count)));
  }

  /** A method's scores on copies of the image with uniform noise, the same copies for every method. */
  async noisyScores(method: ImageMethodName): Promise<Float32Array[]> {
    const { image } = this.task;
    const { data, shape } = image.prepared.tensor;
    const { black, white } = image.baselines;
    const random = new Random(this.seed);
    const scores: Float32Array[] = [];
    for (let copy = 0; copy < NOISY; copy++) {
      const noisy = data.map(
        (value, at) => value + (white.data[at] - black.data[at]) * RADIUS * (2 * random.unit() - 1),
      );
      const prepared = { ...image.prepared, tensor: { data: noisy, shape } };
      scores.push(await this.#again(method, { ...this.task, image: { ...image, prepared } }));
    }
    return scores;
  }

  /** A method's scores for another class, the same one for every method; null where there is none. */
  async otherScores(method: ImageMethodName): Promise<Float32Array | null> {
    const { model, image, settings, graph } = this.task;
    const classes = sizeOf(shapeOf(graph, graph.outputs[0]));
    const target = otherClass(this.task.target.index, classes, this.seed);
    return target === null
      ? null
      : this.#again(method, await imageTask(model, image, { ...settings, target }));
  }

  /** A method's scores for the class on the network with ever more random layers. */
  async randomisedScores(method: ImageMethodName): Promise<Float32Array[]> {
    const { image, settings, target } = this.task;
    const scores: Float32Array[] = [];
    for (const model of this.randomised.all)
      scores.push(
        await this.#again(method, await imageTask(model, image, { ...settings, target: target.index })),
      );
    return scores;
  }

  async #again(method: ImageMethodName, task: ImageTask): Promise<Float32Array> {
    // One mask is enough for scores.
    const settings = { ...task.settings, solutions: 1, core: false };
    return (await rateTask({ ...task, settings, truth: this.truth }, method)).scores;
  }

  async #hideSquares(): Promise<HidingTrials> {
    const masks = squareMasks(this.task.image.baselines);
    const [whole, ...hidden] = Array.from(
      await this.values([new Uint8Array(masks[0].length).fill(1), ...masks]),
    );
    return { masks, drops: hidden.map((value) => whole - value) };
  }
}
