import { SmugError } from '../../errors.js';
import type { ModelFile, ModelInput } from '../model.js';
import { readModelBytes } from '../read-file.js';
import { instantiateTfjs, type TfjsContents } from './instantiate.js';
import { isObject, readTopology, type Json, type Topology } from './topology.js';
import { readWeights, WeightIndex } from './weights.js';

/** Reads a TensorFlow.js layers model: `model.json` and the weight files that it names. */
export async function loadTfjsFile(path: string): Promise<ModelFile> {
  const json = parseJson(await readModelBytes(path), path);
  const model = modelConfig(json, path);
  const topology = readTopology(model.className, model.config);
  const inputs = topology.inputs.map(({ layer }) => declaredInput(topology, layer));
  if (inputs.length === 0 || topology.outputs.length === 0)
    throw new SmugError('BAD_MODEL', `${path} describes a model without inputs or outputs.`);
  const contents: TfjsContents = {
    source: path,
    topology,
    weights: new WeightIndex(await readWeights(json.weightsManifest, path)),
    inputs,
    outputs: outputNames(topology, inputs),
    kerasVersion: model.kerasVersion,
  };
  return {
    format: 'tfjs',
    source: path,
    path,
    inputs,
    outputs: [...contents.outputs],
    layout: 'channels-last',
    instantiate: (inputShapes) => instantiateTfjs(contents, inputShapes),
  };
}

function parseJson(bytes: Buffer, path: string): Json {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new SmugError('BAD_MODEL', `${path} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  if (isObject(json)) return json;
  throw new SmugError('BAD_MODEL', `${path} is not a TensorFlow.js model: its JSON is no object.`);
}

/** The topology is kept with or without a wrapping `model_config`. */
function modelConfig(json: Json, path: string): { className: string; config: unknown; kerasVersion: number } {
  const topology = json.modelTopology;
  if (json.format === 'graph-model' || (isObject(topology) && Array.isArray(topology.node)))
    throw new SmugError(
      'UNSUPPORTED_MODEL',
      `${path} is a TensorFlow.js graph model; only layers models are read. Convert the Keras model with --output_format=tfjs_layers_model, or to ONNX.`,
    );
  const model = isObject(topology) && isObject(topology.model_config) ? topology.model_config : topology;
  if (!isObject(model) || typeof model.class_name !== 'string')
    throw new SmugError(
      'BAD_MODEL',
      `${path} has no modelTopology with a class_name; expected a TensorFlow.js layers model.`,
    );
  const version = isObject(topology) ? String(topology.keras_version ?? '2') : '2';
  // TensorFlow.js writes its own version there ("tfjs-layers 4.22.0"), and follows Keras 2.
  const kerasVersion = version.startsWith('3.') ? 3 : 2;
  const known = ['Sequential', 'Model', 'Functional'];
  if (!known.includes(model.class_name))
    throw new SmugError(
      'UNSUPPORTED_MODEL',
      `${path} is a ${model.class_name}; supported are ${known.join(', ')}.`,
    );
  return { className: model.class_name, config: model.config, kerasVersion };
}

function declaredInput(topology: Topology, name: string): ModelInput {
  const layer = topology.layers.find((candidate) => candidate.name === name);
  const shape = layer?.config.batch_input_shape ?? layer?.config.batch_shape;
  if (
    !Array.isArray(shape) ||
    shape.length === 0 ||
    !shape.every((size) => size === null || (Number.isSafeInteger(size) && size > 0))
  )
    throw new SmugError(
      'BAD_MODEL',
      `Input '${name}' declares shape ${JSON.stringify(shape) ?? 'nowhere'}; expected a list of positive numbers, null for open ones.`,
    );
  return { name, shape: shape.map((size: number | null) => size ?? -1), parameter: false };
}

/** Names of the layers that are outputs, made distinct from the inputs' and from each other. */
function outputNames(topology: Topology, inputs: readonly ModelInput[]): string[] {
  const taken = new Set(inputs.map(({ name }) => name));
  return topology.outputs.map(({ layer, tensor }) => {
    let name = tensor === 0 ? layer : `${layer}:${tensor}`;
    while (taken.has(name)) name += "'";
    taken.add(name);
    return name;
  });
}
