import { settingsFor } from '../api/options.js';
import type { SweptImage, SweptOptions, SweptSetting } from '../api/sweep.js';
import { explainMaskedUnderEach } from '../explainers/explain-image.js';
import { cropConfidences } from '../explainers/image/crops.js';
import { imageTask } from '../explainers/image/rate-image.js';
import type { ExplainOptions } from '../explainers/options.js';
import { sufficiencyOf } from '../explainers/sufficiency.js';
import { explainedOutput } from '../explainers/target.js';
import type { Model } from '../model/model.js';
import { readModelImage } from '../model/model-image.js';
import { saliencyMetric } from './metrics/saliency-metric.js';
import { refuseOptionsOfOne } from './refuse-options.js';
import { runEvaluation, type RunOptions } from './run-evaluation.js';

/** Where a sweep stands. */
export interface SweepProgress {
  file: string;
  /** Images that are finished, of how many. */
  images: { done: number; total: number };
  /** The settings of this image that are finished, of how many. */
  settings: { done: number; total: number };
  /** By the pace so far; null before the first setting. */
  secondsLeft: number | null;
}

export interface SweepOptions
  extends
    Omit<ExplainOptions, keyof SweptOptions | 'onProgress' | 'requireClass'>,
    Pick<RunOptions<SweptImage>, 'retry'> {
  onProgress?: (progress: SweepProgress) => void;
}

/** Every combination, top-k by top-k, within it gamma by gamma. */
export function sweptSettings(over: {
  readonly [Name in keyof SweptOptions]: readonly SweptOptions[Name][];
}): SweptOptions[] {
  return over.topK.flatMap((topK) =>
    over.gamma.flatMap((gamma) => over.window.map((window) => ({ topK, gamma, window }))),
  );
}

/**
 * Explains images under many settings; see `runEvaluation`. The attribution of an image's nodes is computed once for all of them.
 *
 * @param files paths of the images
 * @param journalPath the journal; one of another model, grid or options is refused
 * @returns every image, in order; those that failed say why
 * @throws SmugError FILE_UNWRITABLE, BAD_INPUT for another journal, ABORTED; RangeError that names an option
 */
export async function sweepImages(
  model: Model,
  files: readonly string[],
  settings: readonly SweptOptions[],
  journalPath: string,
  { retry, onProgress, ...options }: SweepOptions = {},
): Promise<SweptImage[]> {
  refuseOptionsOfOne(options);
  for (const one of settings) settingsFor(['explain', 'image', 'hide'], { ...options, ...one });
  const { signal, ...stated } = options;
  const head = { evaluation: 'sweep', model: model.file.source, settings, options: stated };
  const start = performance.now();
  let finished = 0;
  return runEvaluation<{ file: string }, SweptImage>(
    journalPath,
    head,
    files.map((file) => ({ file })),
    ({ file }, images) => {
      const open = (images.total - images.done) * settings.length;
      return sweepImage(model, file, settings, options, (done) => {
        if (done > 0) finished++;
        const left = open - done;
        const secondsLeft = finished === 0 ? null : ((performance.now() - start) / 1000 / finished) * left;
        onProgress?.({ file, images, settings: { done, total: settings.length }, secondsLeft });
      });
    },
    { retry, signal },
  );
}

async function sweepImage(
  model: Model,
  file: string,
  grid: readonly SweptOptions[],
  options: ExplainOptions,
  onSetting: (done: number) => void,
): Promise<SweptImage> {
  const common = settingsFor(['explain', 'image', 'hide'], options);
  onSetting(0);
  const image = await readModelImage(model, file, common);
  const task = await imageTask(model, image, common);
  const { target } = task;
  const each = grid.map((one) => ({ ...common, ...one, target: target.index }));
  const settings: SweptSetting[] = [];
  let attributionMs = 0;
  for await (const { explained, masked } of explainMaskedUnderEach(model, image, each)) {
    const { mask, certificate, saliency, timing, problem, nodes } = explained;
    const { classKept } = await sufficiencyOf({
      ...{ outputs: masked, before: target.confidence, mask: mask.cells, scores: problem.weights! },
      ...{ explained: explainedOutput(target), signal: common.signal },
    });
    attributionMs += timing.attributionMs;
    settings.push({
      ...grid[settings.length],
      nodes: nodes.selected,
      side: mask.window,
      cells: mask.cells.length,
      size: mask.size,
      sparsity: mask.sparsity,
      lsc: await saliencyMetric(saliency, image.baselines, (crops) => cropConfidences(task, crops)),
      classKept,
      status: certificate.status,
      lowerBound: certificate.lowerBound,
      seconds: (timing.encodingMs + timing.solveMs) / 1000,
    });
    onSetting(settings.length);
  }
  return {
    file,
    correct: true,
    swept: { target, attributionSeconds: attributionMs / 1000, settings },
  };
}
