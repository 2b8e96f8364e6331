import { dirname } from 'node:path';
import { SmugError } from '../../errors.js';
import { transposeArray } from '../../graph/array-operations.js';
import { sizeOf, type Tensor } from '../../tensor.js';
import { fromFloat16 } from '../half-float.js';
import { pathInside } from '../inside-folder.js';
import { readModelBytes } from '../read-file.js';

/** How stored numbers are read. */
const storedTypes: Record<string, { bytes: number; read(view: DataView, offset: number): number }> = {
  float32: { bytes: 4, read: (view, offset) => view.getFloat32(offset, true) },
  float16: { bytes: 2, read: (view, offset) => fromFloat16(view.getUint16(offset, true)) },
  int32: { bytes: 4, read: (view, offset) => view.getInt32(offset, true) },
  uint16: { bytes: 2, read: (view, offset) => view.getUint16(offset, true) },
  uint8: { bytes: 1, read: (view, offset) => view.getUint8(offset) },
  bool: { bytes: 1, read: (view, offset) => view.getUint8(offset) },
};

type Json = Record<string, unknown>;

/** The weights of a TensorFlow.js model by name, from its manifest and the shards beside it. */
export async function readWeights(manifest: unknown, modelPath: string): Promise<Map<string, Tensor>> {
  if (!Array.isArray(manifest))
    throw new SmugError(
      'BAD_WEIGHTS',
      `${modelPath} has no weightsManifest, so its weights cannot be found.`,
    );
  const weights = new Map<string, Tensor>();
  for (const group of manifest as Json[]) await readGroup(group, modelPath, weights);
  return weights;
}

/** The shards of a group are one run of bytes, in which its weights follow each other. */
async function readGroup(group: Json, modelPath: string, weights: Map<string, Tensor>): Promise<void> {
  const { paths, weights: entries } = group ?? {};
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string') || !Array.isArray(entries))
    throw new SmugError('BAD_MODEL', `${modelPath}: an entry of weightsManifest lacks 'paths' or 'weights'.`);
  const shards: Buffer[] = [];
  for (const path of paths)
    shards.push(await readModelBytes(pathInside(dirname(modelPath), path, modelPath)));
  const bytes = shards.length === 1 ? shards[0] : Buffer.concat(shards);
  let offset = 0;
  for (const entry of entries as Json[]) {
    const { name, length, read } = layoutOf(entry, modelPath);
    if (offset + length > bytes.length)
      throw new SmugError(
        'BAD_WEIGHTS',
        `Weight '${name}' needs ${length} bytes from ${offset} of ${paths.join(', ')}, which has ${bytes.length}.`,
      );
    if (weights.has(name)) throw new SmugError('BAD_WEIGHTS', `${modelPath} lists weight '${name}' twice.`);
    weights.set(name, read(bytes.subarray(offset, offset + length)));
    offset += length;
  }
  if (offset !== bytes.length)
    throw new SmugError(
      'BAD_WEIGHTS',
      `${paths.join(', ')} has ${bytes.length} bytes; the weights listed for it need ${offset}.`,
    );
}

interface WeightLayout {
  name: string;
  length: number;
  read(bytes: Uint8Array): Tensor;
}

function layoutOf(entry: Json, modelPath: string): WeightLayout {
  const { name, shape, dtype, quantization } = entry ?? {};
  if (typeof name !== 'string' || !Array.isArray(shape))
    throw new SmugError('BAD_MODEL', `${modelPath}: an entry of weightsManifest has no name or shape.`);
  const bad = (why: string) => new SmugError('BAD_WEIGHTS', `Weight '${name}': ${why}.`);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw bad(`shape [${shape.join(', ')}] is impossible`);
  const stored = (quantization as Json | undefined)?.dtype ?? dtype;
  const type =
    typeof stored === 'string' && Object.hasOwn(storedTypes, stored) ? storedTypes[stored] : undefined;
  if (type === undefined)
    throw bad(`type ${String(stored)} is not one of ${Object.keys(storedTypes).join(', ')}`);
  const { scale, offset } = dequantization(quantization as Json | undefined, bad);
  const size = sizeOf(shape);
  const read = (bytes: Uint8Array): Tensor => {
    const data = new Float32Array(size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < size; i++) {
      data[i] = type.read(view, i * type.bytes) * scale + offset;
      if (!Number.isFinite(data[i]))
        throw bad(`it holds ${data[i]} at position ${i}; weights must be finite numbers`);
    }
    return { data, shape: [...shape] as number[] };
  };
  return { name, length: size * type.bytes, read };
}

/** value = stored·scale + min; float16 is stored as it is. */
function dequantization(
  quantization: Json | undefined,
  bad: (why: string) => SmugError,
): { scale: number; offset: number } {
  if (quantization === undefined || quantization === null || quantization.dtype === 'float16')
    return { scale: 1, offset: 0 };
  const { scale, min } = quantization;
  if (typeof scale !== 'number' || typeof min !== 'number')
    throw bad("its quantization lacks 'scale' or 'min'");
  return { scale, offset: min };
}

/** A weight's values, kept in the order of axes that was last asked for. */
interface Stored {
  /** The file's. */
  shape: readonly number[];
  /** Axis i of `tensor` is axis `order[i]` of the file. */
  order: readonly number[];
  tensor: Tensor;
}

/**
 * Finds a layer's weight. Names end in layer/weight; converters put scopes in front, or repeat the layer's name
 * under another number, so any scope that carries the layer's name will do.
 */
export class WeightIndex {
  readonly #byPair = new Map<string, Set<string>>();
  readonly #stored = new Map<string, Stored>();

  constructor(weights: ReadonlyMap<string, Tensor>) {
    for (const [name, tensor] of weights) {
      this.#stored.set(name, {
        shape: [...tensor.shape],
        order: tensor.shape.map((_, axis) => axis),
        tensor,
      });
      const parts = name.replace(/:\d+$/, '').split('/');
      const last = parts.pop() ?? '';
      for (const scope of parts) {
        const key = `${scope}/${last}`;
        this.#byPair.set(key, (this.#byPair.get(key) ?? new Set()).add(name));
      }
    }
  }

  /** The weight's full name and its shape in the file, or undefined. */
  find(layer: string, weight: string): { name: string; shape: readonly number[] } | undefined {
    const exact = this.#stored.get(`${layer}/${weight}`);
    if (exact) return { name: `${layer}/${weight}`, shape: exact.shape };
    const candidates = [...(this.#byPair.get(`${layer.split('/').at(-1)}/${weight}`) ?? [])];
    if (candidates.length > 1)
      throw new SmugError(
        'BAD_WEIGHTS',
        `Several weights could be '${weight}' of layer '${layer}': ${candidates.join(', ')}.`,
      );
    const [name] = candidates;
    return name === undefined ? undefined : { name, shape: this.#storedAs(name).shape };
  }

  /**
   * The values, axis i being axis `order[i]` of the file. They are kept in that order from then on: a model lies in
   * memory once, and graphs for other batch sizes need not turn it again.
   */
  tensor(name: string, order?: readonly number[]): Tensor {
    const { shape, order: now, tensor } = this.#storedAs(name);
    const wanted = order ?? shape.map((_, axis) => axis);
    if (wanted.join() === now.join()) return tensor;
    const turned = transposeArray(
      tensor,
      wanted.map((axis) => now.indexOf(axis)),
    ) as Tensor;
    this.#stored.set(name, { shape, order: wanted, tensor: turned });
    return turned;
  }

  #storedAs(name: string): Stored {
    return this.#stored.get(name) as Stored;
  }
}
