import type { OwnOptions } from '../api/command-options.js';
import type { ImageMethodName, TextMethodName } from '../api/methods.js';
import { explainImage } from '../explainers/explain-image.js';
import { explainText } from '../explainers/explain-text.js';
import type { ImageExplanation, TextExplanation } from '../explainers/explanation.js';
import type { ExplainOptions } from '../explainers/options.js';
import { rateImage, type RatedImage } from '../explainers/image/rate-image.js';
import { rateWords, type RatedText } from '../explainers/text/rate-words.js';
import type { Model } from '../model/model.js';
import { readTruth } from '../evaluation/labelled-texts.js';
import { sheetRow } from '../reports/contact-sheet.js';
import type { Picture } from '../reports/png.js';
import { writeExplanationFiles } from '../reports/explanation-files.js';
import { writeImageRatingFiles } from '../reports/image-rating-files.js';
import { writeRatingFiles } from '../reports/rating-files.js';
import type { Invocation } from './command.js';
import { describeError, type ErrorDescription } from './describe-error.js';
import { explanationText } from './explanation-text.js';
import { optionsFor } from './flags.js';
import { imageRatingText } from './image-rating-text.js';
import { ratingText } from './rating-text.js';
import { isText, readText, type NamedText } from './text-lines.js';

export type Own = OwnOptions<'explain', 'model'>;

/** What is kept of an input once it is done: its JSON document, never its pixels, so that memory stays bounded. */
export interface Outcome {
  input: string;
  error?: ErrorDescription;
}

/** What one input is explained with. */
export type Request = Pick<Invocation<Own>, 'given' | 'own' | 'signal'> & Pick<ExplainOptions, 'onProgress'>;

type Explained = ImageExplanation | TextExplanation | RatedText | RatedImage;

/**
 * Explains one input and writes its files. A result whose files cannot be written is kept beside the error.
 * @param input the path of an image or text, `-` for standard input, or a text that was read already
 */
export async function explainOne(
  model: Model,
  input: string | NamedText,
  request: Request,
  name: string,
): Promise<{ outcome: Outcome; text?: string; row?: Picture }> {
  let explanation: Explained;
  try {
    explanation = await explainInput(model, input, request);
  } catch (error) {
    return { outcome: { input: nameOf(input), error: describeError(error) } };
  }
  const { out, truth, contactSheet } = request.own;
  let error: ErrorDescription | undefined;
  try {
    if (out !== undefined) {
      const options = {
        ...optionsFor(['write'], request.given),
        name,
        ...(truth !== undefined &&
          'source' in explanation && { truth: await readTruth(truth, explanation.source) }),
      };
      if (isRatedImage(explanation)) await writeImageRatingFiles(explanation, out, options);
      else if ('method' in explanation) await writeRatingFiles(explanation, out, options);
      else await writeExplanationFiles(explanation, out, options);
    }
  } catch (failure) {
    error = describeError(failure);
  }
  return {
    outcome: { ...explanation.toJSON(), ...(error && { error }) },
    ...(contactSheet !== undefined &&
      'drawing' in explanation &&
      !isRatedImage(explanation) && { row: await sheetRow(explanation) }),
    text: textOf(explanation),
  };
}

function isRatedImage(explanation: Explained): explanation is RatedImage {
  return 'method' in explanation && 'drawing' in explanation;
}

function textOf(explanation: Explained): string {
  if (isRatedImage(explanation)) return imageRatingText(explanation);
  return 'method' in explanation ? ratingText(explanation) : explanationText(explanation);
}

function nameOf(input: string | NamedText): string {
  return typeof input === 'string' ? input : input.input;
}

/** An image; or a text, where it was read already or the file's name says so. */
async function explainInput(
  model: Model,
  input: string | NamedText,
  { given, own, signal, onProgress }: Request,
): Promise<Explained> {
  const { method } = own;
  const more = { signal, onProgress };
  const certificate = own.out !== undefined;
  if (typeof input === 'string' && !isText(input)) {
    const options = { ...optionsFor(['explain', 'image', 'hide'], given), ...more };
    if (method === 'smug') return explainImage(model, input, { ...options, certificate });
    const own = { ...options, ...optionsFor(['encode'], given) };
    // Boxes and scores have none.
    const asked = method === 'full-encoding' && { certificate };
    return rateImage(model, input, method as ImageMethodName, { ...own, ...asked });
  }
  const text = typeof input === 'string' ? await readText(input) : input.text;
  const explanation =
    method === 'smug'
      ? await explainText(model, text, { ...optionsFor(['explain', 'text'], given), ...more, certificate })
      : await rateWords(model, text, method as TextMethodName, {
          ...optionsFor(['explain', 'text', 'rate'], given),
          ...more,
        });
  return Object.assign(explanation, { input: nameOf(input) });
}
