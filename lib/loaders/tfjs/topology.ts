import { SmugError } from '../../errors.js';

export type Json = Record<string, unknown>;

/** One output of one call of a layer. */
export interface Reference {
  layer: string;
  call: number;
  tensor: number;
}

/** A layer as the file describes it; a shared layer has several calls, each with its inputs. */
export interface LayerDescription {
  className: string;
  name: string;
  config: Json;
  calls: Reference[][];
}

/** A Sequential or Functional model, brought to one form. */
export interface Topology {
  layers: LayerDescription[];
  inputs: Reference[];
  outputs: Reference[];
}

export const modelClasses: ReadonlySet<string> = new Set(['Sequential', 'Model', 'Functional']);

function bad(why: string): SmugError {
  return new SmugError('BAD_MODEL', `The model's topology is not understood: ${why}.`);
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the configuration of a model class (Keras 2 or 3 naming). */
export function readTopology(className: string, config: unknown): Topology {
  if (className === 'Sequential') return sequential(config);
  if (!isObject(config) || !Array.isArray(config.layers)) throw bad(`a ${className} has no list of layers`);
  const layers = config.layers.map((layer) => functionalLayer(layer));
  const topology = {
    layers,
    inputs: references(config.input_layers),
    outputs: references(config.output_layers),
  };
  countCallsFromZero(topology);
  return topology;
}

/**
 * A nested model was called once already when it was built, so files may count its calls from 1. Every call is
 * used by something, so the highest number in use tells.
 */
function countCallsFromZero({ layers, outputs }: Topology): void {
  const uses = [...layers.flatMap(({ calls }) => calls.flat()), ...outputs];
  const highest = new Map<string, number>();
  for (const { layer, call } of uses) highest.set(layer, Math.max(call, highest.get(layer) ?? 0));
  const fromOne = new Set(
    layers
      .filter(
        ({ className, name, calls }) => modelClasses.has(className) && highest.get(name) === calls.length,
      )
      .map(({ name }) => name),
  );
  for (const use of uses) if (fromOne.has(use.layer)) use.call--;
}

function sequential(config: unknown): Topology {
  const list = Array.isArray(config) ? config : isObject(config) ? config.layers : undefined;
  if (!Array.isArray(list) || list.length === 0) throw bad('a Sequential has no layers');
  const layers: LayerDescription[] = [];
  for (const [at, entry] of list.entries()) {
    const { className, name, config: own } = layerHead(entry, at);
    if (layers.length === 0 && className !== 'InputLayer') {
      // The first layer may carry the input's shape itself.
      layers.push({ className: 'InputLayer', name: `${name}_input`, config: inputConfig(own), calls: [[]] });
    }
    const previous = layers.at(-1);
    const inputs =
      className === 'InputLayer' || !previous ? [] : [{ layer: previous.name, call: 0, tensor: 0 }];
    layers.push({ className, name, config: own, calls: [inputs] });
  }
  const [first] = layers;
  const last = layers[layers.length - 1];
  return {
    layers,
    inputs: [{ layer: first.name, call: 0, tensor: 0 }],
    outputs: [{ layer: last.name, call: 0, tensor: 0 }],
  };
}

/** The shape of a Sequential's input, from its first layer or, for a nested model, from that one's first. */
function inputConfig(config: Json): Json {
  let inner: unknown = config;
  for (let depth = 0; depth < 8 && isObject(inner); depth++) {
    const shape = inner.batch_input_shape ?? inner.batch_shape;
    if (shape !== undefined) return { batch_input_shape: shape };
    const [first] = Array.isArray(inner.layers) ? inner.layers : [];
    inner = isObject(first) ? first.config : undefined;
  }
  return {};
}

function layerHead(entry: unknown, at: number): { className: string; name: string; config: Json } {
  if (!isObject(entry) || typeof entry.class_name !== 'string') throw bad(`layer ${at} has no class_name`);
  // A nested Sequential of old Keras has its list of layers as configuration.
  const config = Array.isArray(entry.config) ? { layers: entry.config } : entry.config;
  if (!isObject(config)) throw bad(`layer ${at} (${entry.class_name}) has no config`);
  const name = config.name ?? entry.name ?? `${entry.class_name}_${at}`;
  if (typeof name !== 'string') throw bad(`the name of layer ${at} is no text`);
  return { className: entry.class_name, name, config };
}

function functionalLayer(entry: unknown): LayerDescription {
  const head = layerHead(entry, 0);
  const name = isObject(entry) && typeof entry.name === 'string' ? entry.name : head.name;
  const nodes = (entry as Json).inbound_nodes ?? [];
  if (!Array.isArray(nodes)) throw bad(`inbound_nodes of layer '${name}' is no list`);
  const calls = nodes.map((node) => inboundNode(node, name));
  return { ...head, name, calls: calls.length > 0 ? calls : [[]] };
}

/** Keras 2: a list of [layer, call, tensor, kwargs]. Keras 3: { args } with tensors that know their history. */
function inboundNode(node: unknown, layer: string): Reference[] {
  if (Array.isArray(node)) return references(node);
  if (!isObject(node) || !Array.isArray(node.args)) throw bad(`a call of layer '${layer}' lists no inputs`);
  return node.args.flat(4).map((argument) => {
    const config = isObject(argument) ? argument.config : undefined;
    const history = isObject(config) ? config.keras_history : undefined;
    if (!Array.isArray(history))
      throw bad(`layer '${layer}' is called with something else than outputs of layers`);
    return reference(history);
  });
}

/** A list of references, or (Keras 3 with one of them) a single one. */
function references(list: unknown): Reference[] {
  if (!Array.isArray(list)) throw bad('a list of layers is missing');
  if (typeof list[0] === 'string') return [reference(list)];
  return list.map(reference);
}

function reference(entry: unknown): Reference {
  if (!Array.isArray(entry))
    throw bad(`${JSON.stringify(entry)?.slice(0, 80)} is no reference to a layer's output`);
  const [layer, call, tensor, kwargs] = entry as unknown[];
  if (typeof layer !== 'string' || !Number.isInteger(call) || !Number.isInteger(tensor))
    throw bad(`${JSON.stringify(entry).slice(0, 80)} is no reference to a layer's output`);
  if (isObject(kwargs) && Object.values(kwargs).some((value) => isObject(value) || Array.isArray(value)))
    throw bad(`the call of '${layer}' has arguments besides its inputs`);
  return { layer, call: call as number, tensor: tensor as number };
}
