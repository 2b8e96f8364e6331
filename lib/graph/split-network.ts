import { SmugError } from '../errors.js';
import { batchMixing } from './batch.js';
import { describeLayer } from './first-layer.js';
import type { Graph, Node } from './graph.js';
import { shapeOf } from './graph.js';
import { unaryActivations } from './hoist-activation.js';
import { prepareFirstLayer } from './prepare-first-layer.js';
import { operationOf } from './rules/rule.js';
import { prune, simplify } from './simplify.js';
import type { OutputKind, SplitNetwork } from './split.js';
import { chain, readersOf, subgraph } from './subgraph.js';
import { endTail } from './tail-end.js';

/**
 * Cuts a network at its first linear layer; see `SplitNetwork`. The graph's first output is the explained one.
 *
 * @param graph one input of batch size 1, every later value one row a sample.
 * @throws SmugError UNSUPPORTED_MODEL when the input feeds no first layer, or several that cannot be one, when something passes by
 *   the first layer, or when a node mixes samples.
 */
export function splitNetwork(graph: Graph, output: OutputKind): SplitNetwork {
  const whole = simplify({ ...graph, outputs: graph.outputs.slice(0, 1) });
  const [input, ...others] = whole.inputs;
  const refuse = (why: string) =>
    new SmugError('UNSUPPORTED_MODEL', `This network cannot be split at its first layer: ${why}.`);
  if (input === undefined || others.length > 0)
    throw refuse(`it has ${whole.inputs.length} inputs (${whole.inputs.join(', ')}); one is expected`);
  if (shapeOf(whole, input)[0] !== 1)
    throw refuse(`its input has batch size ${shapeOf(whole, input)[0]}; 1 is expected`);

  const found = prepareFirstLayer(whole);
  const { graph: network, layer: first } = found;
  const mixing = batchMixing(network);
  if (mixing !== undefined) throw refuse(mixing);
  if (shapeOf(network, first.output)[0] !== 1)
    throw refuse(
      `layer '${first.name}' reads ${shapeOf(network, first.output)[0]} parts of the input one by one`,
    );
  const { layer, x } = describeLayer(found);
  const activation = activationAfter(network, first);
  const a = activation?.output ?? first.output;
  const tail = endTail(subgraph(network, [a], network.outputs), output);
  const front = prune({ ...network, outputs: x === input ? [a] : [x, a] });
  return {
    prefix: prune({ ...network, outputs: [x] }),
    front,
    // Where nothing comes before the layer it is the same part, and is compiled once.
    onward: x === input ? front : subgraph(network, [x], [a]),
    layer,
    activation: activation ? operationOf(activation) : null,
    activate: activation ? chain(network, first.output, [activation]) : identity(network, first.output),
    ...tail,
    output,
  };
}

/** The element-wise non-linearity that alone reads the layer's output and has a network behind it. */
function activationAfter(graph: Graph, layer: Node): Node | undefined {
  const [reader, ...others] = readersOf(graph, layer.output);
  if (reader === undefined || others.length > 0 || graph.outputs.includes(layer.output)) return undefined;
  // Where the activation is the output itself, it belongs to the tail's end.
  if (
    !(reader.op === 'prelu' || unaryActivations.has(reader.op)) ||
    reader.inputs[0] !== layer.output ||
    graph.outputs.includes(reader.output)
  )
    return undefined;
  return reader.inputs.slice(1).every((input) => graph.constants.has(input)) ? reader : undefined;
}

function identity(graph: Graph, value: string): Graph {
  const output = `${value}.activated`;
  const shapes = new Map(graph.shapes).set(output, shapeOf(graph, value));
  const node: Node = { op: 'identity', name: 'identity', inputs: [value], output };
  return prune({ inputs: [value], outputs: [output], nodes: [node], constants: new Map(), shapes });
}
