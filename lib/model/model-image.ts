import type { Options } from '../api/options.js';
import type { AttributionTask } from '../attribution/attribution.js';
import { decodeImage, type DecodedImage } from '../input/decode.js';
import { findDeclarations, requirePreprocessor, type Declarations } from '../input/declarations.js';
import { preprocessImage, type PreparedImage } from '../input/preprocess.js';
import type { RawImage } from '../input/raw-image.js';
import type { Tensor } from '../tensor.js';
import type { Model } from './model.js';
import { soleInput } from './sole-input.js';

/** An image as calls take it: path of a PNG, JPEG or WebP file, its bytes, or raw pixels. */
export type ImageSource = string | Uint8Array | RawImage;

/** Baseline images in the model's input space, for methods that need them. */
export type ImageBaselines = Omit<NonNullable<AttributionTask['input']>, 'tensor'>;

/** An image on its way into a model. */
export interface ModelImage {
  /** The path, or what kind of image it was. */
  name: string;
  picture: DecodedImage;
  prepared: PreparedImage;
  baselines: ImageBaselines;
  declarations: Declarations;
}

/**
 * Decodes an image and turns it into the model's input, by the preprocessing declared for the model.
 * @throws SmugError FILE_NOT_FOUND, BAD_IMAGE, NO_PREPROCESSING, UNSUPPORTED_MODEL
 */
export async function readModelImage(
  model: Model,
  image: ImageSource,
  { preprocess, classNames }: Pick<Options<'image' | 'predict'>, 'preprocess' | 'classNames'>,
): Promise<ModelImage> {
  const declarations = await findDeclarations(model.file.path, { preprocess, classNames });
  const { layout, source } = model.file;
  const { shape, unshaped } = soleInput(model);
  const preprocessor = requirePreprocessor(declarations, source, unshaped ? undefined : { shape, layout });
  const picture = await decodeImage(image);
  const prepared = await preprocessImage(picture, preprocessor, { shape, layout });
  return {
    name: typeof image === 'string' ? image : picture.name,
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

/** A constant image in the model's input space, from one value per channel. */
export function constantImage(
  like: Tensor,
  values: readonly number[],
  layout: ImageBaselines['layout'],
): Tensor {
  const data = new Float32Array(like.data.length);
  const pixels = data.length / values.length;
  if (layout === 'channels-first')
    values.forEach((value, channel) => data.fill(value, channel * pixels, (channel + 1) * pixels));
  else for (let pixel = 0; pixel < pixels; pixel++) data.set(values, pixel * values.length);
  return { data, shape: [...like.shape] };
}
