import { join } from 'node:path';
import { settingsFor, type ImageMethodName } from '../api/options.js';
import { SmugError, throwIfAborted } from '../errors.js';
import { cropConfidences } from '../explainers/image/crops.js';
import { imageTask, rateTask } from '../explainers/image/rate-image.js';
import type { ExplainOptions } from '../explainers/options.js';
import { Journal } from '../files/journal.js';
import type { Model } from '../model/model.js';
import { readModelImage } from '../model/model-image.js';
import type { Label } from './labels.js';
import { sparsity } from './metrics/sparsity.js';
import { saliencyMetric } from './metrics/saliency-metric.js';

/** What one method is worth on one image. */
interface Measured {
  /** The saliency metric (LSC): lower is better. */
  lsc: number;
  /** Share of the pixels that is chosen; null where the method only scores. */
  sparsity: number | null;
  seconds: number;
}

/** One image of an evaluation, as its journal keeps it. */
export interface EvaluatedImage {
  file: string;
  /** Only images that the network reads as their label count, as in the paper. */
  correct: boolean;
  /** Why it could not be evaluated. */
  error?: { code: string; message: string };
  methods?: Partial<Record<ImageMethodName, Measured>>;
}

export interface EvaluateOptions extends Omit<ExplainOptions, 'target' | 'onProgress'> {
  methods: readonly ImageMethodName[];
  /** Told after every image: how many are done, of how many, and seconds until the end by the pace so far. */
  onImage?: (done: number, total: number, secondsLeft: number, image: EvaluatedImage) => void;
}

/**
 * Evaluates methods on labelled images. Every finished image is on disk before the next begins: killed at any moment, the
 * evaluation goes on where it was.
 *
 * @param folder where the labels' files are
 * @param journalPath the journal; one of another model, set of methods or options is refused
 * @returns every image, in the labels' order; those that failed say why
 * @throws SmugError FILE_UNWRITABLE, BAD_INPUT for another evaluation's journal, ABORTED
 */
export async function evaluate(
  model: Model,
  folder: string,
  labels: readonly Label[],
  journalPath: string,
  { methods, onImage, ...options }: EvaluateOptions,
): Promise<EvaluatedImage[]> {
  const { signal, ...stated } = options;
  const head = { evaluation: 1, model: model.file.source, methods, options: stated };
  const done = new Map<string, EvaluatedImage>();
  const journal = await Journal.open<EvaluatedImage>(journalPath, head, (image) =>
    done.set(image.file, image),
  );
  try {
    const start = performance.now();
    const open = labels.filter(({ file }) => !done.has(file));
    for (const [at, label] of open.entries()) {
      throwIfAborted(signal);
      const image = await evaluateImage(model, folder, label, methods, options);
      await journal.add(image);
      done.set(label.file, image);
      const left = ((performance.now() - start) / 1000 / (at + 1)) * (open.length - at - 1);
      onImage?.(done.size, labels.length, left, image);
    }
    return labels.map(({ file }) => done.get(file)!);
  } finally {
    await journal.close();
  }
}

async function evaluateImage(
  model: Model,
  folder: string,
  { file, classIndex }: Label,
  methods: readonly ImageMethodName[],
  options: ExplainOptions,
): Promise<EvaluatedImage> {
  try {
    const settings = settingsFor(['explain', 'image', 'hide'], options);
    const task = await imageTask(model, await readModelImage(model, join(folder, file), settings), settings);
    if (task.target.index !== classIndex) return { file, correct: false };
    const measured: Partial<Record<ImageMethodName, Measured>> = {};
    for (const method of methods) {
      const { scores, kept, seconds } = await rateTask(task, method);
      const lsc = await saliencyMetric(scores, task.image.baselines, (crops) => cropConfidences(task, crops));
      measured[method] = { lsc, sparsity: kept === null ? null : sparsity(kept), seconds };
    }
    return { file, correct: true, methods: measured };
  } catch (error) {
    if (options.signal?.aborted) throw error;
    const { code = 'INTERNAL', message } = error as { code?: string; message: string };
    // Nothing will be better on the next image.
    if (error instanceof SmugError && error.code === 'FILE_UNWRITABLE') throw error;
    return { file, correct: false, error: { code, message } };
  }
}
