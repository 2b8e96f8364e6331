import { SmugError } from '../../errors.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import { resolveInputShape } from '../input-shape.js';
import type { ModelInput } from '../model.js';
import { LayerConfig } from './layer-config.js';
import { Layer, type LayerValue } from './layer.js';
import { layerConverters } from './layers/index.js';
import {
  modelClasses,
  readTopology,
  type LayerDescription,
  type Reference,
  type Topology,
} from './topology.js';
import type { WeightIndex } from './weights.js';

/** A TensorFlow.js layers model whose topology is understood and whose weights are read. */
export interface TfjsContents {
  source: string;
  topology: Topology;
  weights: WeightIndex;
  inputs: readonly ModelInput[];
  outputs: readonly string[];
  kerasVersion: number;
}

/** Models inside models may be nested this deep. */
const MAX_NESTING = 16;

export function instantiateTfjs(
  contents: TfjsContents,
  inputShapes: ReadonlyMap<string, readonly number[]>,
): Graph {
  const builder = new GraphBuilder([...contents.inputs.map(({ name }) => name), ...contents.outputs]);
  const inputs = contents.inputs.map((input) => {
    const shape = resolveInputShape(input, inputShapes.get(input.name));
    const plain: LayerValue = { name: builder.input(input.name, shape), shape, channelsFirst: false };
    // Pictures turn channels first where they enter, so that every network sees them alike.
    return shape.length === 4 ? plainLayer(input.name, contents, builder).toChannelsFirst(plain) : plain;
  });
  const outputs = convertModel(contents.topology, inputs, contents, builder, 0);
  const names = outputs.map((value, at) => {
    const plain = plainLayer(contents.outputs[at], contents, builder).toPlain(value);
    return builder.add({ op: 'identity' }, [plain.name], contents.outputs[at], contents.outputs[at]);
  });
  return builder.finish(names);
}

/** Stands for no layer of the file, only for a change of layout at the model's ends. */
function plainLayer(name: string, contents: TfjsContents, builder: GraphBuilder): Layer {
  return new Layer(
    'layout',
    name,
    new LayerConfig({}, name),
    [],
    builder,
    contents.weights,
    contents.kerasVersion,
  );
}

const keyOf = ({ layer, call, tensor }: Reference) => JSON.stringify([layer, call, tensor]);

/** Converts layer calls as their inputs become known; calls that never do are part of a cycle. */
function convertModel(
  topology: Topology,
  inputs: readonly LayerValue[],
  contents: TfjsContents,
  builder: GraphBuilder,
  depth: number,
): LayerValue[] {
  const values = new Map<string, LayerValue>();
  topology.inputs.forEach((reference, at) => values.set(keyOf(reference), inputs[at]));
  let waiting = topology.layers.flatMap((layer) =>
    layer.calls.map((sources, call) => ({ layer, sources, call })),
  );
  while (waiting.length > 0) {
    const later = waiting.filter(({ layer, sources, call }) => {
      if (values.has(keyOf({ layer: layer.name, call, tensor: 0 }))) return false;
      const known = sources.map((source) => values.get(keyOf(source)));
      if (known.includes(undefined)) return true;
      const results = convertLayer(layer, known as LayerValue[], contents, builder, depth);
      results.forEach((value, tensor) => values.set(keyOf({ layer: layer.name, call, tensor }), value));
      return false;
    });
    if (later.length === waiting.length)
      throw new SmugError(
        'BAD_MODEL',
        `${contents.source}: layer '${later[0].layer.name}' waits for an input that nothing computes; the layers are cyclic or incomplete.`,
      );
    waiting = later;
  }
  return topology.outputs.map((reference) => {
    const value = values.get(keyOf(reference));
    if (value) return value;
    throw new SmugError(
      'BAD_MODEL',
      `${contents.source}: output '${reference.layer}' is computed by no layer.`,
    );
  });
}

function convertLayer(
  description: LayerDescription,
  inputs: LayerValue[],
  contents: TfjsContents,
  builder: GraphBuilder,
  depth: number,
): LayerValue[] {
  const { className, name, config } = description;
  const label = `layer '${name}' (${className})`;
  if (className === 'InputLayer')
    throw new SmugError('BAD_MODEL', `${label} is not among the model's inputs.`);
  if (modelClasses.has(className)) {
    if (depth >= MAX_NESTING)
      throw new SmugError('BAD_MODEL', `${label}: models are nested deeper than ${MAX_NESTING}.`);
    const topology = readTopology(className, config);
    if (topology.inputs.length !== inputs.length)
      throw new SmugError(
        'BAD_MODEL',
        `${label} has ${topology.inputs.length} inputs, but is called with ${inputs.length}.`,
      );
    return convertModel(topology, inputs, contents, builder, depth + 1);
  }
  const converter = layerConverters.get(className);
  if (converter === undefined)
    throw new SmugError(
      'UNSUPPORTED_OPERATOR',
      `${label} is not supported. Supported layers are: ${[...layerConverters.keys()].sort().join(', ')}.`,
    );
  const own = new LayerConfig(config, label);
  return [
    converter(new Layer(className, name, own, inputs, builder, contents.weights, contents.kerasVersion)),
  ];
}
