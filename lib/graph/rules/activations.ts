import type { Rule } from './rule.js';

/** Recognises activations that exporters write as several operations: x·sigmoid(x), x·hardSigmoid(x). */
export const recogniseActivations: Rule = (node, view) => {
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
