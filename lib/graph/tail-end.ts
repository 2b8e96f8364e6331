import { SmugError } from '../errors.js';
import type { OutputKind, SplitNetwork } from './split.js';
import { sizeOf } from '../tensor.js';
import { GraphBuilder } from './builder.js';
import type { Graph, Node } from './graph.js';
import { nodeOf, shapeOf } from './graph.js';

type Ending = 'softmax' | 'sigmoid' | 'none';

/**
 * Gives a tail its end: one row of class scores, [1, classes], as probabilities or as logits.
 *
 * A softmax at the end of the file is the class probability; it is cut off for logits, and appended where the
 * file ends in logits. One sigmoid output z stands for two classes: [1 − σ(z), σ(z)], and as logits [−z, z]. A single
 * output without a sigmoid is read as such a z. Several sigmoids are independent probabilities and stay as they are.
 * Values are the file's outputs themselves, whatever they end in.
 */
export function endTail(
  tail: Graph,
  output: OutputKind,
): Pick<SplitNetwork, 'tail' | 'classes' | 'soleLogit'> {
  const values = output === 'value' || output === 'negated value';
  const { ending, scores } = values ? { ending: 'none', scores: tail.outputs[0] } : findEnding(tail);
  const shape = shapeOf(tail, scores);
  const count = sizeOf(shape.slice(1));
  if (shape[0] !== 1 || shape.slice(1).filter((size) => size !== 1).length > 1)
    throw new SmugError(
      'UNSUPPORTED_MODEL',
      `The model's output '${tail.outputs[0]}' has shape [${shape.join(', ')}]; one score a class, [1, classes], is expected.`,
    );
  const builder = new GraphBuilder();
  for (const input of tail.inputs) builder.input(input, shapeOf(tail, input));
  for (const [name, tensor] of tail.constants) builder.constant(name, tensor);
  for (const node of nodesBefore(tail, scores)) builder.copy(node);

  let end = scores;
  if (shape.length !== 2) end = builder.add({ op: 'reshape', shape: [1, count] }, [end], 'class scores');
  if (output === 'negated value') {
    const scale = builder.constant('minus one', { data: new Float32Array(count).fill(-1), shape: [count] });
    const shift = builder.constant('zero', { data: new Float32Array(count), shape: [count] });
    end = builder.add({ op: 'affine' }, [end, scale, shift], 'negated values');
  } else if (count === 1 && !values) {
    const signs = builder.constant('two classes', { data: Float32Array.of(-1, 1), shape: [1, 2] });
    end = builder.add({ op: 'dense' }, [end, signs], 'two class scores');
    if (output === 'probability') end = builder.add({ op: 'sigmoid' }, [end], 'class probabilities');
  } else if (output === 'probability') {
    const name = 'class probabilities';
    end = builder.add(ending === 'sigmoid' ? { op: 'sigmoid' } : { op: 'softmax', axis: 1 }, [end], name);
  }
  if (end === tail.inputs[0]) end = builder.add({ op: 'identity' }, [end], 'class scores');
  return {
    tail: builder.finish([end]),
    classes: values ? count : Math.max(2, count),
    soleLogit: count === 1 && !values && ending === 'none',
  };
}

/** Whether the file's first output is one sigmoid: the probability of the second of two classes. */
export function endsInOneSigmoid(graph: Graph): boolean {
  const { ending, scores } = findEnding({ ...graph, outputs: graph.outputs.slice(0, 1) });
  return ending === 'sigmoid' && sizeOf(shapeOf(graph, scores).slice(1)) === 1;
}

/** What the file's output ends in, and the scores before that. */
function findEnding(tail: Graph): { ending: Ending; scores: string } {
  const [output] = tail.outputs;
  // A reshape behind the softmax only arranges the same numbers.
  let value = output;
  let node = nodeOf(tail, value);
  while (node && (node.op === 'reshape' || node.op === 'identity'))
    node = nodeOf(tail, (value = node.inputs[0]));
  if (node?.op === 'sigmoid') return { ending: 'sigmoid', scores: node.inputs[0] };
  // Percents and the like: the same probabilities in another unit. A scaled sigmoid may be a rating, and stays.
  for (let percents = unscaled(tail, node); percents; percents = unscaled(tail, node)) node = percents;
  if ((node?.op === 'softmax' || node?.op === 'logSoftmax') && normalisesAll(tail, node))
    return { ending: 'softmax', scores: node.inputs[0] };
  return { ending: 'none', scores: output };
}

/** What computes the operand of a product with, or a quotient by, one positive number; undefined for other nodes. */
function unscaled(tail: Graph, node: Node | undefined): Node | undefined {
  if (node?.op !== 'mul' && node?.op !== 'div') return undefined;
  const factor = tail.constants.get(node.inputs[1]);
  return factor?.data.length === 1 && factor.data[0] > 0 ? nodeOf(tail, node.inputs[0]) : undefined;
}

function normalisesAll(tail: Graph, node: Extract<Node, { op: 'softmax' | 'logSoftmax' }>): boolean {
  const shape = shapeOf(tail, node.inputs[0]);
  return shape[node.axis] === sizeOf(shape);
}

function nodesBefore(tail: Graph, value: string): Node[] {
  const needed = new Set([value]);
  const nodes: Node[] = [];
  for (const node of [...tail.nodes].reverse())
    if (needed.has(node.output)) {
      for (const input of node.inputs) needed.add(input);
      nodes.push(node);
    }
  return nodes.reverse();
}
