import type { Tensor } from '../../tensor.js';
import { transposeArray } from '../array-operations.js';
import type { Node } from '../graph.js';
import { operationOf, type Rule, type View } from './rule.js';

type Move = Extract<Node, { op: 'transpose' | 'reshape' }>;

/**
 * Moves arithmetic with a constant from behind a convolution's transposes and squeezes to the convolution, which can take it in:
 * exporters of Keras add the bias of a 1-D convolution after they have undone its second axis.
 */
export const arithmeticBeforeLayout: Rule = (node, view) => {
  if (node.op !== 'add' && node.op !== 'sub' && node.op !== 'mul' && node.op !== 'div') return undefined;
  const at = [1, 0].find((input) => view.constant(node.inputs[input]) !== undefined);
  if (at === undefined || (at === 0 && node.op === 'div')) return undefined;
  const operand = node.inputs[1 - at];
  const shape = view.shape(operand);
  const move = layoutMove(operand, view);
  if (move === undefined || view.shape(node.output).join() !== shape.join()) return undefined;
  const [x] = move.inputs;
  if (!fromConvolution(x, view)) return undefined;
  const before = constantBefore(move, view.constant(node.inputs[at])!, view.shape(x), shape);
  if (before === undefined) return undefined;
  const constant = view.addConstant(`${node.output}.constant`, before);
  const inputs = at === 1 ? [x, constant] : [constant, x];
  const moved = view.addNode(`${node.output}.before`, { op: node.op }, inputs, view.shape(x));
  return { operation: operationOf(move), inputs: [moved] };
};

/** The transpose or reshape that computes a value for one reader. */
function layoutMove(value: string, view: View): Move | undefined {
  const node = view.producer(value);
  return (node?.op === 'transpose' || node?.op === 'reshape') && view.usedOnce(value) ? node : undefined;
}

function fromConvolution(value: string, view: View): boolean {
  for (let move = layoutMove(value, view); move; move = layoutMove(value, view)) [value] = move.inputs;
  return view.producer(value)?.op === 'conv' && view.usedOnce(value);
}

/** The constant as it is broadcast to what the move reads; undefined where the move does more than turn axes and drop or add ones. */
function constantBefore(
  move: Move,
  { data, shape }: Tensor,
  from: readonly number[],
  to: readonly number[],
): Tensor | undefined {
  const aligned = [...to.slice(shape.length).map(() => 1), ...shape];
  if (move.op === 'transpose') {
    const back = move.perm.map((_, axis) => move.perm.indexOf(axis));
    const turned = transposeArray({ data, shape: aligned }, back);
    return { data: turned.data as Float32Array, shape: turned.shape };
  }
  const sides = (of: readonly number[]) => of.filter((size) => size !== 1).join();
  if (sides(from) !== sides(to)) return undefined;
  const own = aligned.filter((_, axis) => to[axis] !== 1);
  let next = 0;
  return { data, shape: from.map((size) => (size === 1 ? 1 : own[next++])) };
}
