import type { Node } from '../graph.js';
import type { Rewrite, Rule, View } from './rule.js';

/**
 * Recognises activations that exporters write as several operations: x·sigmoid(x), x·hardSigmoid(x) and
 * x·clip(x + 3, 0, 6) / 6.
 */
export const recogniseActivations: Rule = (node, view) => {
  const hardSwish = hardSwishInParts(node, view);
  if (hardSwish !== undefined) return hardSwish;
  if (node.op !== 'mul') return undefined;
  for (const [x, gate] of [node.inputs, [...node.inputs].reverse()]) {
    const inner = view.producer(gate);
    if (inner?.inputs[0] !== x) continue;
    if (inner.op === 'sigmoid') return { operation: { op: 'swish', alpha: 1 }, inputs: [x] };
    if (inner.op === 'hardSigmoid' && Math.fround(inner.alpha) === Math.fround(1 / 6) && inner.beta === 0.5)
      return { operation: { op: 'hardSwish' }, inputs: [x] };
  }
  return undefined;
};

function hardSwishInParts(node: Node, view: View): Rewrite | undefined {
  const sixth =
    node.op === 'div'
      ? isNumber(view, node.inputs[1], 6)
      : node.op === 'mul' && isNumber(view, node.inputs[1], 1 / 6);
  const product = sixth ? view.producer(node.inputs[0]) : undefined;
  if (product?.op !== 'mul') return undefined;
  for (const [x, gate] of [product.inputs, [...product.inputs].reverse()]) {
    const clip = view.producer(gate);
    if (clip?.op !== 'clip' || clip.min !== 0 || clip.max !== 6) continue;
    const shifted = view.producer(clip.inputs[0]);
    if (shifted?.op === 'add' && shifted.inputs[0] === x && isNumber(view, shifted.inputs[1], 3))
      return { operation: { op: 'hardSwish' }, inputs: [x] };
  }
  return undefined;
}

/** Whether a value is one constant number (float32 precision), which keeps the other operand's shape. */
function isNumber(view: View, value: string, number: number): boolean {
  const constant = view.constant(value);
  return (
    constant?.data.length === 1 && constant.shape.length <= 1 && constant.data[0] === Math.fround(number)
  );
}
