import { blurImage } from '../attribution/gaussian-blur.js';
import { SmugError } from '../errors.js';
import type { SplitNetwork } from '../graph/split.js';
import type { Model } from '../model/model.js';
import { constantImage, readModelImage, type ImageBaselines } from '../model/model-image.js';
import { sameShape, sizeOf, type Tensor } from '../tensor.js';

/** What stands in place of hidden positions, as the first layer sees it. */
export interface Blank {
  /** B, like X; null: zeros. */
  x: Tensor | null;
  /** The first layer's activations on it. */
  activation: Tensor;
}

/** A blank of blur keeps light and colour and no edge: its width is a tenth of the picture. */
const BLUR_SHARE = 0.1;

/**
 * The blank of `--blank` in the model's input space; null for `zero`, which is zero where the masks are: at the first
 * layer, after preprocessing.
 * @param kind `zero`; `mean`, the image's own mean colour; `blur`, the image blurred beyond recognition; or an image's path
 * @throws SmugError FILE_NOT_FOUND, BAD_IMAGE, BAD_INPUT
 */
export async function blankImage(
  kind: string,
  model: Model,
  tensor: Tensor,
  form: ImageBaselines,
  declared: Parameters<typeof readModelImage>[2],
): Promise<Tensor | null> {
  if (kind === 'zero') return null;
  if (kind === 'mean') return meanColour(tensor, form);
  if (kind === 'blur') return blurImage(tensor, BLUR_SHARE * Math.max(form.height, form.width), form);
  const { prepared } = await readModelImage(model, kind, declared);
  if (!sameShape(prepared.tensor.shape, tensor.shape))
    throw new SmugError(
      'BAD_INPUT',
      `The blank ${kind} becomes [${prepared.tensor.shape.join(', ')}] in the model, the image [${tensor.shape.join(', ')}]; ` +
        'give a blank of the same shape.',
    );
  return prepared.tensor;
}

function meanColour(image: Tensor, { height, width, layout }: ImageBaselines): Tensor {
  const { data } = image;
  const pixels = height * width;
  const channels = data.length / pixels;
  const [perChannel, perPixel] = layout === 'channels-first' ? [pixels, 1] : [1, channels];
  const means = Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let pixel = 0; pixel < pixels; pixel++) sum += data[channel * perChannel + pixel * perPixel];
    return sum / pixels;
  });
  return constantImage(image, means, layout);
}

/**
 * A blank as the first layer sees it. Zeros leave b₁ of every node, whatever comes before the layer.
 * @param image the blank in the model's input space; null: zeros at the first layer
 */
export async function viewBlank(
  model: Model,
  split: SplitNetwork,
  image: Tensor | null,
  signal?: AbortSignal,
): Promise<Blank> {
  if (image !== null) {
    const outputs = await (await model.compile(split.front)).forward([image], { signal });
    return { x: outputs.length === 2 ? outputs[0] : image, activation: outputs[outputs.length - 1] };
  }
  const known = zeroBlanks.get(split);
  if (known !== undefined) return known;
  const bias = biases(split);
  const activation =
    split.activation === null
      ? bias
      : (await (await model.compile(split.activate)).forward([bias], { signal }))[0];
  const blank = { x: null, activation };
  zeroBlanks.set(split, blank);
  return blank;
}

/** What zeros become depends on the network alone: kept with it. */
const zeroBlanks = new WeakMap<SplitNetwork, Blank>();

/** The first layer's pre-activations on zeros. */
function biases({ layer: { bias, outputShape } }: SplitNetwork): Tensor {
  const data = new Float32Array(sizeOf(outputShape));
  const perBias = data.length / outputShape[0];
  for (let channel = 0; channel < outputShape[0]; channel++)
    data.fill(bias[channel], channel * perBias, (channel + 1) * perBias);
  return { data, shape: [1, ...outputShape] };
}
