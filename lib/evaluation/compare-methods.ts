import { checkOption } from '../api/check.js';
import { commandOptions } from '../api/command-options.js';
import type { ComparisonDocument } from '../api/comparison.js';
import { optionsOfImageMethods, usualImageMethodNames, type ImageMethodName } from '../api/methods.js';
import { settingsFor } from '../api/options.js';
import { refuseUnused } from '../api/used-options.js';
import { SmugError, throwIfAborted } from '../errors.js';
import type { Drawing } from '../explainers/drawing.js';
import { cropConfidences, type Crop } from '../explainers/image/crops.js';
import {
  chosenOf,
  drawingOf,
  imageTask,
  integralOf,
  rateTask,
  type RatedImage,
} from '../explainers/image/rate-image.js';
import type { ExplainOptions } from '../explainers/options.js';
import type { OpaqueImage } from '../input/raw-image.js';
import type { Model } from '../model/model.js';
import { readModelImage, type ImageSource } from '../model/model-image.js';
import { bestBox } from './metrics/saliency-metric.js';
import { refuseOptionsOfOne } from './refuse-options.js';

export interface CompareOptions extends Omit<ExplainOptions, 'onProgress'> {
  /** Default: all that need nothing but image and network. */
  methods?: readonly ImageMethodName[];
  /** Told before every method. */
  onMethod?: (method: ImageMethodName, done: number, total: number) => void;
}

/** One method's part of a comparison, with what pictures need. */
export type ComparedMethod =
  | ({ method: ImageMethodName; lsc: number; box: Crop; drawing: Drawing } & Pick<
      RatedImage,
      'scores' | 'kept' | 'steps' | 'completenessError' | 'seconds'
    >)
  | { method: ImageMethodName; error: { code: string; message: string } };

/** Methods side by side on one image; `toJSON` gives the document of `smug compare`. */
export interface MethodComparison extends Pick<
  ComparisonDocument,
  'input' | 'model' | 'target' | 'height' | 'width' | 'engine'
> {
  image: OpaqueImage;
  methods: ComparedMethod[];
  /** Files written for it; filled by whoever writes them. */
  files: string[];
  toJSON(): ComparisonDocument;
}

/**
 * Rates an image by several methods, for one class and network, each with its saliency metric and the box where that is
 * lowest. A method that cannot run on this network says why and stops no other.
 * @throws as `explainImage`
 */
export async function compareMethods(
  model: Model,
  image: ImageSource,
  { methods = usualImageMethodNames, onMethod, ...options }: CompareOptions = {},
): Promise<MethodComparison> {
  refuseOptionsOfOne(options);
  checkOption('methods', commandOptions.compare.methods, methods);
  const settings = settingsFor(['explain', 'image', 'hide'], options);
  refuseUnused(optionsOfImageMethods, methods, options);
  throwIfAborted(settings.signal);
  const read = await readModelImage(model, image, settings);
  const task = await imageTask(model, read, settings);
  const { height, width } = read.baselines;
  const compared: ComparedMethod[] = [];
  for (const [done, method] of methods.entries()) {
    throwIfAborted(settings.signal);
    onMethod?.(method, done, methods.length);
    try {
      const rated = await rateTask(task, method);
      const { metric, box } = await bestBox(rated.scores, read.baselines, (crops) =>
        cropConfidences(task, crops),
      );
      const { scores, kept, steps, completenessError, seconds } = rated;
      const drawing = drawingOf(read, rated);
      compared.push({ method, lsc: metric, box, drawing, scores, kept, steps, completenessError, seconds });
    } catch (error) {
      if (!(error instanceof SmugError) || error.code === 'ABORTED') throw error;
      compared.push({ method, error: { code: error.code, message: error.message } });
    }
  }
  const comparison: MethodComparison = {
    ...{ input: read.name, model: model.file.source, target: task.target, height, width },
    engine: model.engine.name,
    image: read.picture,
    methods: compared,
    files: [],
    toJSON: () => comparisonDocument(comparison),
  };
  return comparison;
}

function comparisonDocument(comparison: MethodComparison): ComparisonDocument {
  const { input, model, target, height, width, methods, engine, files } = comparison;
  return {
    ...{ input, model, target, height, width },
    methods: methods.map((one) => {
      if ('error' in one) return one;
      const { method, lsc, box, kept, seconds } = one;
      return { method, lsc, box, kept: chosenOf(kept), ...integralOf(one), seconds };
    }),
    engine,
    files,
  };
}
