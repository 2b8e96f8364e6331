import { sameShape } from '../../tensor.js';
import type { Rule } from './rule.js';

/**
 * Joins transposes and reshapes that meet. A transpose of the graph's own input stays apart: it is where the
 * file's pixel layout ends, and the network is split behind it.
 */
export const mergeLayout: Rule = (node, view) => {
  const [x] = node.inputs;
  const inner = view.producer(x);
  if (node.op === 'reshape' && inner?.op === 'reshape')
    return { operation: { op: 'reshape', shape: node.shape }, inputs: [inner.inputs[0]] };
  if (node.op !== 'transpose') return undefined;
  if (inner?.op === 'transpose' && !view.isInput(inner.inputs[0])) {
    const perm = node.perm.map((axis) => inner.perm[axis]);
    return { operation: { op: 'transpose', perm }, inputs: [inner.inputs[0]] };
  }
  const shape = view.shape(x);
  const moved = node.perm.filter((axis) => shape[axis] !== 1);
  const inOrder = moved.every((axis, at) => at === 0 || moved[at - 1] < axis);
  if (inOrder && node.perm[0] === 0 && !view.isInput(x) && !sameShape(shape, view.shape(node.output)))
    return { operation: { op: 'reshape', shape: [...view.shape(node.output)] }, inputs: [x] };
  return undefined;
};
