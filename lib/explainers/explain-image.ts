import { settingsFor } from '../api/options.js';
import { throwIfAborted } from '../errors.js';
import type { Model } from '../model/model.js';
import { readModelImage, type ImageSource, type ModelImage } from '../model/model-image.js';
import { imageGeometry } from '../masks/cells.js';
import type { EncodedMask } from '../masks/encode.js';
import { animationNotes } from './animation-notes.js';
import { blankImage } from './blank.js';
import { defaultTopK, defaultWindow } from './default-sizes.js';
import {
  explainInput,
  explainUnderEach,
  prepareRows,
  scoreWithoutMask,
  type ExplainedAndMasked,
  type InputDefaults,
  type PreparedInput,
} from './explain-input.js';
import { explanationDocument, type ImageExplanation } from './explanation.js';
import { isOneColour, ONE_COLOUR } from './one-colour.js';
import type { ExplainOptions, ExplainSettings } from './options.js';
import { referenceShares, sizeRank, unusualSize } from './reference-shares.js';
import { checkRequireClass, sufficiencyOf } from './sufficiency.js';
import { explainedOutput, explainedValue } from './target.js';

/**
 * Explains what a model saw in one image: the smallest mask that keeps the evidence of the first layer's most
 * important nodes, with the solver's certificate (SMUG, Sahoo et al. 2021).
 *
 * @param image path of a PNG, JPEG or WebP file, its bytes, or raw pixels
 * @throws TypeError / RangeError naming the option; SmugError FILE_NOT_FOUND, BAD_IMAGE, NO_PREPROCESSING,
 *   UNKNOWN_CLASS, UNSUPPORTED_MODEL, ENGINE_FAILED, SOLVER_FAILED, ABORTED
 */
export async function explainImage(
  model: Model,
  image: ImageSource,
  options: ExplainOptions = {},
): Promise<ImageExplanation> {
  const settings = settingsFor(['explain', 'image', 'hide'], options);
  const { signal, onProgress } = settings;
  const startedAt = performance.now();
  throwIfAborted(signal);
  onProgress?.({ phase: 'reading' });
  checkRequireClass(settings);
  // Before any work: a wrong file is told at once.
  const shares = settings.reference === undefined ? undefined : await referenceShares(settings.reference);
  const read = await readModelImage(model, image, settings);
  const { name, picture, prepared } = read;
  onProgress?.({ phase: 'reading', viewport: prepared.viewport });
  const { explained, masked } = await explainMasked(model, read, settings, startedAt);
  const { mask, saliency, target, problem, parameters, timing } = explained;
  const sufficiency = await sufficiencyOf({
    ...{ outputs: masked, before: explainedValue(target), mask: mask.cells, scores: problem.weights! },
    ...{ explained: explainedOutput(target), requireClass: settings.requireClass, signal },
  });
  const reference = shares && sizeRank(mask.sparsity, shares);
  const warning = reference && unusualSize(reference);
  const explanation: ImageExplanation = {
    input: name,
    ...explained,
    ...(reference && { reference }),
    sufficiency: { blank: parameters.blank, ...sufficiency },
    timing: { ...timing, totalMs: performance.now() - startedAt },
    notes: [
      ...animationNotes(picture),
      ...(isOneColour(picture) ? [ONE_COLOUR] : []),
      ...explained.notes,
      ...(warning ? [warning] : []),
    ],
    drawing: { image: picture, viewport: prepared.viewport, mask, saliency },
    toJSON: () => explanationDocument(explanation),
  };
  return explanation;
}

/** The smallest mask of an image that is read already, and the network on parts of it: nobody has asked it anything yet. */
export async function explainMasked(
  model: Model,
  read: ModelImage,
  settings: ExplainSettings & { blank: string },
  startedAt = performance.now(),
): ReturnType<typeof explainInput> {
  const input = await preparedInput(model, read, settings, startedAt);
  return explainInput(model, input, settings, imageDefaults(read));
}

/** The same under several settings that differ in top-k, gamma, window or score alone; see `explainUnderEach`. */
export async function* explainMaskedUnderEach(
  model: Model,
  read: ModelImage,
  settings: readonly (ExplainSettings & { blank: string })[],
): AsyncGenerator<ExplainedAndMasked, void, void> {
  const input = await preparedInput(model, read, settings[0], performance.now());
  yield* explainUnderEach(model, input, settings, imageDefaults(read));
}

/** SMUG_base of an image that is read already: the chosen nodes' receptive fields, one score per pixel, and no proof. */
export async function explainWithoutMask(
  model: Model,
  read: ModelImage,
  settings: ExplainSettings & { blank: string },
): ReturnType<typeof scoreWithoutMask> {
  const input = await preparedInput(model, read, settings, performance.now());
  return scoreWithoutMask(model, input, settings, imageDefaults(read));
}

/** A row per chosen node of an image that is read already, over its pixels whatever `window` is: what any choice of pixels keeps. */
export async function pixelRows(
  model: Model,
  read: ModelImage,
  settings: ExplainSettings & { blank: string },
): Promise<EncodedMask> {
  const input = await preparedInput(model, read, settings, performance.now());
  const { rows } = await prepareRows(model, input, { ...settings, window: 1 }, imageDefaults(read));
  return rows;
}

async function preparedInput(
  model: Model,
  { prepared: { tensor }, baselines, declarations: { classNames } }: ModelImage,
  settings: ExplainSettings & { blank: string },
  startedAt: number,
): Promise<PreparedInput> {
  const blank = await blankImage(settings.blank, model, tensor, baselines, settings);
  return { tensor, classNames, baselines, blank: { name: settings.blank, tensor: blank }, startedAt };
}

function imageDefaults({ baselines: { height, width } }: ModelImage): InputDefaults {
  return {
    topK: defaultTopK,
    window: defaultWindow,
    geometry: (layer, channelsLast) => imageGeometry(layer, { height, width }, channelsLast),
  };
}
