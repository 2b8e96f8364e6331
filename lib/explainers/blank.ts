import { blurImage } from '../attribution/gaussian-blur.js';
import { SmugError } from '../errors.js';
import type { SplitNetwork } from '../graph/split.js';
import type { Model } from '../model/model.js';
import { readModelImage, type ImageBaselines } from '../model/model-image.js';
import { sameShape, type Tensor } from '../tensor.js';

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

function meanColour({ data, shape }: Tensor, { height, width, layout }: ImageBaselines): Tensor {
  const pixels = height * width;
  const channels = data.length / pixels;
  const channelOf =
    layout === 'channels-first' ? (i: number) => Math.floor(i / pixels) : (i: number) => i % channels;
  const means = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) means[channelOf(i)] += data[i] / pixels;
  return { data: Float32Array.from(data, (_, i) => means[channelOf(i)]), shape: [...shape] };
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
  const bias = biases(split);
  if (split.activation === null) return { x: null, activation: bias };
  const [activation] = await (await model.compile(split.activate)).forward([bias], { signal });
  return { x: null, activation };
}

/** The first layer's pre-activations on zeros. */
function biases({ layer }: SplitNetwork): Tensor {
  const shape = [1, ...layer.outputShape];
  const perBias = layer.outputShape.slice(1).reduce((a, b) => a * b, 1);
  const nodes = perBias * layer.outputShape[0];
  const data = Float32Array.from({ length: nodes }, (_, node) => layer.bias[Math.floor(node / perBias)]);
  return { data, shape };
}
