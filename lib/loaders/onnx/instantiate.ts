import { SmugError } from '../../errors.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import type { Tensor } from '../../tensor.js';
import { FoldBudget, type HostTensor } from '../host-tensor.js';
import { resolveInputShape } from '../input-shape.js';
import type { ModelInput, WordsGiven } from '../model.js';
import { Attributes } from './attributes.js';
import {
  Conversion,
  hostValue,
  type ConversionContext,
  type OperatorDefinition,
  type Value,
} from './conversion.js';
import { operators } from './operators/index.js';
import type { OnnxNode } from './schema.js';
import type { ExternalReader } from './tensors.js';

/** An ONNX file whose bytes are checked and whose weights are read. */
export interface OnnxContents {
  source: string;
  opset: number;
  nodes: readonly OnnxNode[];
  weights: ReadonlyMap<string, HostTensor>;
  inputs: readonly (ModelInput & { integer: boolean })[];
  outputs: readonly string[];
  external: ExternalReader;
}

/** Converts the nodes that the outputs need, in file order; whatever depends on shapes alone is folded. */
export function instantiateOnnx(
  contents: OnnxContents,
  inputShapes: ReadonlyMap<string, readonly number[]>,
  bound: ReadonlyMap<string, Tensor> = new Map(),
  words: ReadonlyMap<string, WordsGiven> = new Map(),
): Graph {
  const builder = new GraphBuilder([...contents.inputs.map((input) => input.name), ...contents.outputs]);
  const values = new Map<string, Value>();
  for (const [name, tensor] of contents.weights) values.set(name, hostValue(tensor, name));
  for (const input of contents.inputs) {
    const value = inputValue(input, inputShapes, bound, builder);
    const given = words.get(input.name);
    values.set(input.name, value.kind === 'graph' && given ? { ...value, words: given } : value);
  }

  const needed = neededNodes(contents);
  const used = new Set([...contents.outputs, ...needed.flatMap((node) => node.inputs)]);
  const context: ConversionContext = {
    opset: contents.opset,
    builder,
    external: contents.external,
    budget: new FoldBudget([...contents.weights.values()].reduce((sum, { data }) => sum + data.length, 0)),
  };
  // Graph values that already stand for a value of the file, and so keep their name.
  const named = new Set(contents.inputs.map((input) => input.name));
  for (const node of needed) {
    const results = convertNode(node, contents.source, values, used, context);
    results.forEach((value, at) => define(node, node.outputs[at], value, values, named, builder));
  }
  return builder.finish(contents.outputs.map((name) => publish(name, values.get(name), builder, contents)));
}

function inputValue(
  input: ModelInput & { integer: boolean },
  inputShapes: ReadonlyMap<string, readonly number[]>,
  bound: ReadonlyMap<string, Tensor>,
  builder: GraphBuilder,
): Value {
  const { name, integer } = input;
  const tensor = bound.get(name);
  if (tensor !== undefined) return hostValue({ data: tensor.data, shape: [...tensor.shape], integer }, name);
  const shape = resolveInputShape(input, inputShapes.get(name));
  return { kind: 'graph', name: builder.input(name, shape), shape, integer };
}

/** The nodes that outputs depend on; others may use operators that nothing here knows. */
function neededNodes(contents: OnnxContents): OnnxNode[] {
  const wanted = new Set(contents.outputs);
  const needed: OnnxNode[] = [];
  for (const node of [...contents.nodes].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    for (const input of node.inputs) wanted.add(input);
    needed.push(node);
  }
  return needed.reverse();
}

function convertNode(
  node: OnnxNode,
  source: string,
  values: ReadonlyMap<string, Value>,
  used: ReadonlySet<string>,
  context: ConversionContext,
): Value[] {
  const type = node.type ?? '';
  const name = node.name || node.outputs[0];
  const label = `node '${name}' (${type})`;
  const definition = operatorOf(node, label);
  const inputs = node.inputs.map((input) => {
    if (input === '') return undefined;
    const value = values.get(input);
    if (value === undefined)
      throw new SmugError(
        'BAD_MODEL',
        `${source}: ${label} reads '${input}', which nothing before it computes; the file is cyclic, unsorted or incomplete.`,
      );
    return value;
  });
  const usedOutputs = node.outputs.map((output) => output !== '' && used.has(output));
  const attributes = new Attributes(node.attributes, label);
  const conversion = new Conversion({ type, name, attributes, inputs, usedOutputs }, context);
  const result = definition.convert(conversion);
  return Array.isArray(result) ? result : [result];
}

function define(
  node: OnnxNode,
  output: string | undefined,
  value: Value,
  values: Map<string, Value>,
  named: Set<string>,
  builder: GraphBuilder,
): void {
  if (!output) return;
  if (values.has(output))
    throw new SmugError(
      'BAD_MODEL',
      `Node '${node.name}' (${node.type}) computes '${output}', which is defined already.`,
    );
  if (value.kind === 'graph' && !named.has(value.name)) {
    const name = builder.renameLast(value.name, output);
    named.add(name);
    value = { ...value, name };
  }
  values.set(output, value);
}

function publish(
  name: string,
  value: Value | undefined,
  builder: GraphBuilder,
  contents: OnnxContents,
): string {
  if (value === undefined)
    throw new SmugError('BAD_MODEL', `${contents.source}: output '${name}' is computed by no node.`);
  if (value.kind === 'graph' && value.name === name) return name;
  const from =
    value.kind === 'graph'
      ? value.name
      : builder.constant(value.name, {
          data: Float32Array.from(value.tensor.data),
          shape: value.tensor.shape,
        });
  return builder.add({ op: 'identity' }, [from], name, name);
}

function operatorOf(node: OnnxNode, label: string): OperatorDefinition {
  const domain = node.domain ?? '';
  const known = domain === '' || domain === 'ai.onnx' ? operators.get(node.type ?? '') : undefined;
  if (known) return known;
  const advice =
    domain === 'com.microsoft' || /Quantize|Integer$|^QLinear/.test(node.type ?? '')
      ? ' It is of a file that was optimised or quantised after its export: take the float32 file as the exporter wrote it.'
      : '';
  throw new SmugError(
    'UNSUPPORTED_OPERATOR',
    `${label}: operator ${domain && `${domain}.`}${node.type} is not supported.${advice} Supported are: ${[...operators.keys()].sort().join(', ')}.`,
  );
}
