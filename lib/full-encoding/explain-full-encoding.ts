import type { FullEncodingDocument } from '../api/full-encoding.js';
import { settingsFor, type Options, type Settings } from '../api/options.js';
import { throwIfAborted } from '../errors.js';
import { networkFromFirstLayer } from '../graph/explained-network.js';
import type { Graph } from '../graph/graph.js';
import { imageGeometry, type InputGeometry } from '../masks/cells.js';
import { gapOf } from '../masks/gap.js';
import { readModelImage, type ImageSource, type ModelImage } from '../model/model-image.js';
import type { Model } from '../model/model.js';
import { shapesOfInput } from '../model/sole-input.js';
import type { Tensor } from '../tensor.js';
import { encodingCertificate } from './encoding-certificate.js';
import { layeredNetwork } from './layered-network.js';
import type { LayeredNetwork } from './layers.js';
import { solveEncoding, type EncodingSolution } from './solve-encoding.js';

/** How far a full encoding is. */
export interface FullEncodingProgress {
  /** Of the best mask so far; null where there is none. */
  size: number | null;
  /** No mask has fewer pixels. */
  lowerBound: number;
  elapsedMs: number;
}

/** Options of `explainFullEncoding`; what each means and its default stand in `lib/api/options.ts`. */
export interface FullEncodingOptions extends Options<'encode' | 'image'> {
  onProgress?: (progress: FullEncodingProgress) => void;
}

type EncodeSettings = Pick<
  Settings<'encode', FullEncodingProgress>,
  'delta' | 'timeLimit' | 'threads' | 'certificate' | 'signal' | 'onProgress'
>;

const PROVEN_BY =
  'Branch and bound of this program over linear relaxations of the whole network, in float64, every bound widened by what rounding ' +
  'may have lost; no second prover confirmed it. The class, the mask and close cases were decided in exact rational arithmetic.';

/**
 * The smallest mask with which the whole network still reads the class: min Σ M such that argmax N(X ⊙ M) = argmax N(X), by a margin
 * delta of the logits (the full encoding of Sahoo et al. 2021). N is the network with real arithmetic over its float32 weights, a
 * hidden pixel is 0 after preprocessing. For small networks that are one chain of dense and convolutional layers with ReLU and
 * pooling.
 *
 * When the time limit ends, or the signal aborts, the best mask and the proven bound are returned.
 * @param image path of a PNG, JPEG or WebP file, its bytes, or raw pixels
 * @throws TypeError / RangeError naming the option; SmugError FILE_NOT_FOUND, BAD_IMAGE, NO_PREPROCESSING, UNSUPPORTED_MODEL,
 *   UNSUPPORTED_OPERATOR, BAD_WEIGHTS, ENGINE_FAILED, SOLVER_FAILED, OUT_OF_MEMORY, ABORTED
 */
export async function explainFullEncoding(
  model: Model,
  image: ImageSource,
  options: FullEncodingOptions = {},
): Promise<FullEncodingDocument> {
  const settings = settingsFor(['encode', 'image'], options);
  const start = performance.now();
  throwIfAborted(settings.signal);
  return encodeImage(model, await readModelImage(model, image, settings), settings, start);
}

/** The same for an image that is read already. */
export async function encodeImage(
  model: Model,
  { name, prepared, baselines, declarations }: ModelImage,
  { delta, timeLimit, threads, certificate, signal, onProgress }: EncodeSettings,
  start = performance.now(),
): Promise<FullEncodingDocument> {
  const { tensor } = prepared;
  const { height, width, layout } = baselines;
  const shapes = shapesOfInput(model, tensor);
  const split = model.split('logit', shapes);
  const { graph, network } = layersOf(model.graphFor(1, shapes));
  const geometry = imageGeometry(split.layer, baselines, layout === 'channels-last');
  const x = split.prefix.nodes.length === 0 ? tensor : await firstInput(model, split.prefix, tensor, signal);
  const pixelOf = pixelsOf(geometry, x.data.length);
  const loaded = performance.now();
  const solution = await solveEncoding({
    image: { x: x.data.slice(), pixelOf, pixels: height * width },
    ...{ network, delta, timeLimit, threads, signal },
    progress: onProgress && ((step) => onProgress({ ...step, elapsedMs: performance.now() - start })),
  });
  const { status, lowerBound, nodes, tried, target, logits, maskedLogits, searchMs, proofMs } = solution;
  const mask = maskOf(solution, { height, width });
  const document: FullEncodingDocument = {
    input: name,
    model: model.file.source,
    target: { index: target, label: declarations.classNames?.[target] ?? null },
    parameters: { delta, timeLimit, blank: 'zero' },
    network: {
      layers: network.layers.filter(({ kind }) => kind === 'linear').length,
      products: network.products,
      pixels: solution.cells.length,
    },
    mask,
    certificate: {
      ...{ status, lowerBound, gap: gapOf(mask, mask?.size ?? 0, lowerBound), provenBy: PROVEN_BY },
      ...{ nodes, tried },
    },
    logits: { whole: logits, masked: maskedLogits },
    margin:
      maskedLogits && maskedLogits[target] - Math.max(...maskedLogits.filter((_, index) => index !== target)),
    threads: solution.threads,
    timing: { loadMs: loaded - start, searchMs, proofMs, totalMs: performance.now() - start },
  };
  if (certificate)
    document.proof = encodingCertificate(document, {
      ...{ source: model.file.source, graph, geometry },
      ...{ inputShape: tensor.shape, x: x.data },
    });
  return document;
}

/** A model's layers are made once. */
const layersOf = (() => {
  const known = new WeakMap<Graph, { graph: Graph; network: LayeredNetwork }>();
  return (whole: Graph) => {
    const made = known.get(whole);
    if (made !== undefined) return made;
    const graph = networkFromFirstLayer(whole, 'logit');
    const fresh = { graph, network: layeredNetwork(graph) };
    known.set(whole, fresh);
    return fresh;
  };
})();

/** X, where something fixed comes before the first layer. */
async function firstInput(
  model: Model,
  prefix: Graph,
  input: Tensor,
  signal: AbortSignal | undefined,
): Promise<Tensor> {
  const [x] = await (await model.compile(prefix)).forward([input], { signal });
  return x;
}

function pixelsOf(
  { channels, height, width, channelStride, rowStride, columnStride }: InputGeometry,
  elements: number,
): Int32Array {
  const pixelOf = new Int32Array(elements);
  for (let channel = 0; channel < channels; channel++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        pixelOf[channel * channelStride + row * rowStride + column * columnStride] = row * width + column;
  return pixelOf;
}

function maskOf(
  { mask, cells }: EncodingSolution,
  { height, width }: { height: number; width: number },
): FullEncodingDocument['mask'] {
  if (mask === null) return null;
  const kept = new Set(mask.map((cell) => cells[cell]));
  const size = kept.size;
  const pixels = Array.from({ length: height * width }, (_, pixel) => (kept.has(pixel) ? 1 : 0) as 0 | 1);
  return { height, width, size, sparsity: size / (height * width), cells: pixels };
}
