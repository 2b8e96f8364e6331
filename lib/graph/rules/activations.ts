import type { Node } from '../graph.js';
import type { Rewrite, Rule, View } from './rule.js';

/**
 * Recognises activations that exporters write as several operations: x·sigmoid(x), x·hardSigmoid(x),
 * x·clip(x + 3, 0, 6) / 6 and x·½·(1 + erf(x/√2)).
 */
export const recogniseActivations: Rule = (node, view) => {
  const hardSwish = hardSwishInParts(node, view);
  if (hardSwish !== undefined) return hardSwish;
  if (node.op !== 'mul') return undefined;
  const gelu = geluInParts(node, view);
  if (gelu !== undefined) return gelu;
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

/** x, ½ and 1 + erf(x/√2) multiplied in any order */
function geluInParts(node: Node, view: View): Rewrite | undefined {
  const factors = factorsOf(node, view);
  let scale = 1;
  const computed: string[] = [];
  for (const factor of factors) {
    const constant = oneNumber(view, factor);
    if (constant === undefined) computed.push(factor);
    else scale *= constant;
  }
  if (computed.length !== 2 || !isNear(scale, 0.5)) return undefined;
  for (const [x, gate] of [computed, [...computed].reverse()]) {
    const sum = view.producer(gate);
    if (sum?.op !== 'add') continue;
    for (const [one, other] of [sum.inputs, [...sum.inputs].reverse()]) {
      const erf = view.producer(other);
      if (!isNumber(view, one, 1) || erf?.op !== 'erf') continue;
      if (isScaled(view, erf.inputs[0], x)) return { operation: { op: 'gelu' }, inputs: [x] };
    }
  }
  return undefined;
}

/** What a product of at most three products multiplies. */
function factorsOf(node: Node, view: View, depth = 2): string[] {
  return node.inputs.flatMap((input) => {
    const inner = view.producer(input);
    return depth > 0 && inner?.op === 'mul' ? factorsOf(inner, view, depth - 1) : [input];
  });
}

/** Whether a value is x/√2. */
function isScaled(view: View, value: string, x: string): boolean {
  const node = view.producer(value);
  if (node?.op === 'div')
    return node.inputs[0] === x && isNear(oneNumber(view, node.inputs[1]) ?? 0, Math.SQRT2);
  if (node?.op !== 'mul') return false;
  return [node.inputs, [...node.inputs].reverse()].some(
    ([operand, factor]) => operand === x && isNear(oneNumber(view, factor) ?? 0, Math.SQRT1_2),
  );
}

/** Equal but for the rounding of float32. */
function isNear(value: number, expected: number): boolean {
  return Math.abs(value - expected) <= 2e-7 * expected;
}

/** The value of a constant of one number, which keeps the other operand's shape. */
function oneNumber(view: View, value: string): number | undefined {
  const constant = view.constant(value);
  return constant?.data.length === 1 && constant.shape.length <= 1 ? constant.data[0] : undefined;
}

/** Whether a value is one constant number (float32 precision), which keeps the other operand's shape. */
function isNumber(view: View, value: string, number: number): boolean {
  return oneNumber(view, value) === Math.fround(number);
}
