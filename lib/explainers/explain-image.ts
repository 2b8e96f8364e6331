import { settingsFor, type Options } from '../api/options.js';
import { throwIfAborted } from '../errors.js';
import { decodeImage, type DecodedImage } from '../input/decode.js';
import { findDeclarations, requirePreprocessor, type Declarations } from '../input/declarations.js';
import { preprocessImage, type PreparedImage } from '../input/preprocess.js';
import type { RawImage } from '../input/raw-image.js';
import type { Model } from '../model.js';
import { imageGeometry } from '../masks/cells.js';
import { explainInput } from './explain-input.js';
import { explanationDocument, type ImageExplanation } from './explanation.js';
import { constantImage, soleInput, type ImageBaselines } from './first-layer.js';
import type { ExplainOptions } from './options.js';

const DEFAULT_TOP_K = 3000;
/** Up to this side every pixel has a variable of its own; beyond, 4×4 windows. */
const SMALL_SIDE = 64;

/** An image on its way into a model. */
export interface ModelImage {
  picture: DecodedImage;
  prepared: PreparedImage;
  baselines: ImageBaselines;
  declarations: Declarations;
}

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
  image: string | Uint8Array | RawImage,
  options: ExplainOptions = {},
): Promise<ImageExplanation> {
  const settings = settingsFor(['explain', 'image'], options);
  const { signal, onProgress } = settings;
  const startedAt = performance.now();
  throwIfAborted(signal);
  onProgress?.({ phase: 'reading' });
  const { picture, prepared, baselines, declarations } = await readModelImage(model, image, settings);
  const { inputHeight: height, inputWidth: width } = prepared.viewport;
  const { classNames } = declarations;
  const explained = await explainInput(
    model,
    { tensor: prepared.tensor, classNames, baselines, startedAt },
    settings,
    {
      topK: DEFAULT_TOP_K,
      window: () => (Math.max(height, width) <= SMALL_SIDE ? 1 : 4),
      geometry: (layer, channelsLast) => imageGeometry(layer, { height, width }, channelsLast),
    },
  );
  const explanation: ImageExplanation = {
    input: typeof image === 'string' ? image : picture.name,
    ...explained,
    drawing: {
      image: picture,
      viewport: prepared.viewport,
      mask: explained.mask,
      saliency: explained.saliency,
    },
    toJSON: () => explanationDocument(explanation),
  };
  return explanation;
}

/** Decodes an image and turns it into the model's input, by the preprocessing declared for the model. */
export async function readModelImage(
  model: Model,
  image: string | Uint8Array | RawImage,
  options: Pick<Options<'image' | 'predict'>, 'preprocess' | 'classNames'>,
): Promise<ModelImage> {
  const declarations = await findDeclarations(model.file.path, options);
  const preprocessor = requirePreprocessor(declarations, model.file.source);
  const picture = await decodeImage(image);
  const name = soleInput(model);
  const { layout, inputs } = model.file;
  const { shape } = inputs.find((input) => input.name === name)!;
  const prepared = preprocessImage(picture, preprocessor, { shape, layout });
  return {
    picture,
    prepared,
    declarations,
    baselines: {
      black: constantImage(prepared.tensor, prepared.black, layout),
      white: constantImage(prepared.tensor, prepared.white, layout),
      layout,
      height: prepared.viewport.inputHeight,
      width: prepared.viewport.inputWidth,
    },
  };
}
