import { join } from 'node:path';
import { checkOption } from '../api/check.js';
import { commandOptions } from '../api/command-options.js';
import type { EvaluatedImage } from '../api/evaluation.js';
import type { ImageMetricName } from '../api/image-metrics.js';
import { optionsOfImageMethods, type ImageMethodName } from '../api/methods.js';
import { settingsFor } from '../api/options.js';
import { refuseUnused } from '../api/used-options.js';
import { cropConfidences } from '../explainers/image/crops.js';
import type { ImageTask } from '../explainers/image/image-task.js';
import { imageTask, rateTask } from '../explainers/image/rate-image.js';
import type { RateImageOptions } from '../explainers/options.js';
import { shapeOf } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { readModelImage } from '../model/model-image.js';
import { sizeOf } from '../tensor.js';
import type { TrueBoxes } from './ground-truth/true-boxes.js';
import { truthMask } from './ground-truth/truth-mask.js';
import { imageSeed } from './image-seed.js';
import { checkLabel, type Label } from './labels.js';
import { measureRating } from './measure-rating.js';
import { MeasuredImage } from './measured-image.js';
import { sparsity } from './metrics/sparsity.js';
import { saliencyMetric } from './metrics/saliency-metric.js';
import { RandomisedModels } from './randomised-models.js';
import { refuseOptionsOfOne } from './refuse-options.js';
import { runEvaluation, type OnEvaluated, type RunOptions } from './run-evaluation.js';

export interface EvaluateOptions
  extends Omit<RateImageOptions, 'target' | 'onProgress'>, Pick<RunOptions<EvaluatedImage>, 'retry'> {
  methods: readonly ImageMethodName[];
  /** Beside the paper's; hidden pixels become `blank`. Default: none. */
  metrics?: readonly ImageMetricName[];
  /** Where the objects are, for `ground-truth` and the metrics that need it. */
  truth?: TrueBoxes;
  onImage?: OnEvaluated<EvaluatedImage>;
}

/**
 * Evaluates methods on labelled images; see `runEvaluation`.
 *
 * @param folder where the labels' files are
 * @param journalPath the journal; one of another model, set of methods or options is refused
 * @returns every image, in the labels' order; those that failed say why
 * @throws SmugError FILE_UNWRITABLE, BAD_INPUT for another evaluation's journal, ABORTED; RangeError for an option that no chosen method
 *   and no metric uses
 */
export async function evaluate(
  model: Model,
  folder: string,
  labels: readonly Label[],
  journalPath: string,
  { methods, metrics = [], truth, retry, onImage, ...options }: EvaluateOptions,
): Promise<EvaluatedImage[]> {
  refuseOptionsOfOne(options);
  checkOption('methods', commandOptions.evaluate.methods, methods);
  checkOption('metrics', commandOptions.evaluate.metrics, metrics);
  const { signal, ...stated } = options;
  const source = model.file.source;
  const head = { evaluation: 1, model: source, methods, metrics, truth: truth?.digest, options: stated };
  const settings = settingsFor(['explain', 'image', 'hide', 'encode'], options);
  refuseUnused(optionsOfImageMethods, methods, options);
  const randomised = new RandomisedModels(model, settings.seed);
  const asked = { methods, metrics, truth, settings, randomised };
  try {
    return await runEvaluation<Label, EvaluatedImage>(
      journalPath,
      head,
      labels,
      (label) => evaluateImage(model, folder, label, asked),
      { retry, signal, onDone: onImage },
    );
  } finally {
    randomised.dispose();
  }
}

/** What is asked of every image. */
interface Asked
  extends Required<Pick<EvaluateOptions, 'methods' | 'metrics'>>, Pick<EvaluateOptions, 'truth'> {
  settings: ImageTask['settings'];
  randomised: RandomisedModels;
}

async function evaluateImage(
  model: Model,
  folder: string,
  { file, classIndex }: Label,
  { methods, metrics, truth, settings, randomised }: Asked,
): Promise<EvaluatedImage> {
  const image = await readModelImage(model, join(folder, file), settings);
  const boxes = truth?.of(file);
  const truthHere = boxes === undefined ? null : truthMask(boxes, image.prepared.viewport);
  const task = { ...(await imageTask(model, image, settings)), truth: truthHere };
  checkLabel(classIndex, sizeOf(shapeOf(task.graph, task.graph.outputs[0])));
  if (task.target.index !== classIndex) return { file, correct: false };
  const measured: EvaluatedImage['methods'] = {};
  const measuredImage = new MeasuredImage(task, imageSeed(settings.seed, file), randomised);
  for (const method of methods) {
    // Of this image nobody has said where its object is.
    if (method === 'ground-truth' && truthHere === null) continue;
    const rating = await rateTask(task, method);
    const { scores, kept, proven = null, seconds } = rating;
    const lsc = await saliencyMetric(scores, task.image.baselines, (crops) => cropConfidences(task, crops));
    measured[method] = {
      lsc,
      sparsity: kept === null ? null : sparsity(kept),
      proven,
      seconds,
      metrics: await measureRating(rating, measuredImage, metrics),
    };
  }
  return { file, correct: true, methods: measured };
}
