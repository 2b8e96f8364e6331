import { SmugError } from '../../errors.js';
import { foreignFormat } from '../foreign-format.js';
import type { HostTensor } from '../host-tensor.js';
import type { ModelFile, ModelInput } from '../model.js';
import { readModelBytes } from '../read-file.js';
import { externalDataBeside } from './external-data.js';
import { instantiateOnnx, type OnnxContents } from './instantiate.js';
import { operators } from './operators/index.js';
import { modelTable, type OnnxGraph, type OnnxModel, type OnnxValueInfo } from './schema.js';
import { dataTypeOf, readTensor, type ExternalReader } from './tensors.js';
import { decodeMessage } from './wire.js';

const OLDEST_OPSET = 6;
const NEWEST_OPSET = 24;

/** Reads an ONNX file, with weights in files beside it where the model says so. */
export async function loadOnnxFile(path: string): Promise<ModelFile> {
  return parseOnnx(await readModelBytes(path), path, externalDataBeside(path));
}

/**
 * Parses the bytes of an ONNX file.
 * @throws SmugError BAD_MODEL, BAD_WEIGHTS, UNSUPPORTED_MODEL; unknown operators show up in `instantiate`.
 */
export function parseOnnx(bytes: Uint8Array, source: string, external: ExternalReader): ModelFile {
  if (bytes.length === 0) throw new SmugError('BAD_MODEL', `${source} is empty; expected an ONNX model.`);
  const model = decodeMessage<OnnxModel>(bytes, modelTable, source);
  const { graph } = model;
  if (graph === undefined || graph.outputs.length === 0)
    throw new SmugError('BAD_MODEL', noGraph(bytes, source));
  const weights = new Map<string, HostTensor>();
  for (const tensor of graph.initializers) {
    if (!tensor.name) throw new SmugError('BAD_MODEL', `${source}: an initializer has no name.`);
    weights.set(tensor.name, readTensor(tensor, tensor.name, external));
  }
  const contents: OnnxContents = {
    source,
    opset: opsetOf(model, source),
    nodes: graph.nodes,
    weights,
    inputs: dataInputs(graph, weights),
    outputs: graph.outputs.map((output) => output.name ?? ''),
    external,
  };
  return {
    format: 'onnx',
    source,
    path: source,
    inputs: contents.inputs.map(({ integer: _, ...input }) => input),
    outputs: [...contents.outputs],
    layout: layoutOf(contents.inputs),
    instantiate: (inputShapes, bound, words) => instantiateOnnx(contents, inputShapes, bound, words),
  };
}

function noGraph(bytes: Uint8Array, source: string): string {
  const foreign = foreignFormat(bytes);
  if (foreign) return `${source} is ${foreign.is}, not an ONNX model. ${foreign.advice}`;
  return `${source} holds no ONNX graph with outputs; expected a model as torch.onnx.export or tf2onnx writes it.`;
}

function opsetOf(model: OnnxModel, source: string): number {
  const opset = model.opsets.find(({ domain }) => !domain || domain === 'ai.onnx')?.version;
  if (opset === undefined)
    throw new SmugError('BAD_MODEL', `${source} does not say which version of ONNX's operators it uses.`);
  if (opset < OLDEST_OPSET || opset > NEWEST_OPSET)
    throw new SmugError(
      'UNSUPPORTED_MODEL',
      `${source} uses ONNX opset ${opset}; supported are ${OLDEST_OPSET} to ${NEWEST_OPSET}. Export it again with one of these.`,
    );
  return opset;
}

/** Inputs that are not initializers. */
function dataInputs(graph: OnnxGraph, weights: ReadonlyMap<string, HostTensor>): OnnxContents['inputs'] {
  const parameters = parameterNames(graph, weights);
  return graph.inputs.flatMap((input) => {
    const name = input.name ?? '';
    if (weights.has(name)) return [];
    const type = dataTypeOf(input.type?.tensor?.elementType);
    if (type === undefined)
      throw new SmugError(
        'UNSUPPORTED_MODEL',
        `Input '${name}' is no tensor of numbers (ONNX type ${input.type?.tensor?.elementType ?? 'unknown'}).`,
      );
    const unshaped = input.type?.tensor?.shape === undefined;
    const parameter = parameters.has(name);
    return [{ name, shape: declaredShape(input), unshaped, parameter, integer: type.integer }];
  });
}

function declaredShape(input: OnnxValueInfo): number[] {
  const dims = input.type?.tensor?.shape?.dims ?? [];
  return dims.map(({ value }) => {
    if (value !== undefined && value < -1)
      throw new SmugError('BAD_MODEL', `Input '${input.name}' declares a dimension of ${value}.`);
    return value === undefined || value <= 0 ? -1 : value;
  });
}

/** Values that feed a slot where only constants will do, unless the node's first input is itself a weight. */
function parameterNames(graph: OnnxGraph, weights: ReadonlyMap<string, HostTensor>): Set<string> {
  const names = new Set<string>();
  for (const node of graph.nodes)
    for (const slot of operators.get(node.type ?? '')?.parameters ?? [])
      if (slot === 0 || !weights.has(node.inputs[0])) names.add(node.inputs[slot] ?? '');
  return names;
}

/** Images of one, three or four channels in the last axis: files that came from TensorFlow. */
function layoutOf(inputs: readonly ModelInput[]): ModelFile['layout'] {
  const image = inputs.find(({ shape }) => shape.length === 4)?.shape;
  const isChannels = (size: number) => size === 1 || size === 3 || size === 4;
  return image && isChannels(image[3]) && !isChannels(image[1]) ? 'channels-last' : 'channels-first';
}
