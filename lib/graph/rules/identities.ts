import { sameShape } from '../../tensor.js';
import type { Rule } from './rule.js';

/** Drops operations that change nothing, and clips that are rectifiers. */
export const dropIdentities: Rule = (node, view) => {
  const [x] = node.inputs;
  const shape = view.shape(x);
  switch (node.op) {
    case 'identity':
      return { same: x };
    case 'reshape':
      return sameShape(shape, node.shape) ? { same: x } : undefined;
    case 'transpose':
      return node.perm.every((axis, at) => axis === at) ? { same: x } : undefined;
    case 'pad':
      return node.pads.every((pad) => pad === 0) ? { same: x } : undefined;
    case 'slice':
      return node.steps.every((step) => step === 1) && sameShape(shape, view.shape(node.output))
        ? { same: x }
        : undefined;
    case 'gather':
      return picksAllInOrder(node)
        ? { operation: { op: 'reshape', shape: [...view.shape(node.output)] }, inputs: [x] }
        : undefined;
    case 'concat':
      return node.inputs.length === 1 ? { same: x } : undefined;
    case 'upsample':
      return node.scales.every((scale) => scale === 1) ? { same: x } : undefined;
    case 'reduceMean':
      if (node.axes.some((axis) => shape[axis] !== 1)) return undefined;
      return { operation: { op: 'reshape', shape: [...view.shape(node.output)] }, inputs: [x] };
    case 'clip':
      if (node.max !== Infinity) return undefined;
      if (node.min === -Infinity) return { same: x };
      return node.min === 0 ? { operation: { op: 'relu' }, inputs: [x] } : undefined;
    case 'add':
      return neutral(node.inputs, 0) ?? neutral([node.inputs[1], node.inputs[0]], 0);
    case 'mul':
      return neutral(node.inputs, 1) ?? neutral([node.inputs[1], node.inputs[0]], 1);
    case 'sub':
      return neutral(node.inputs, 0);
    case 'div':
      return neutral(node.inputs, 1);
    default:
      return undefined;
  }

  /** Exporters write a view of everything as a look-up. */
  function picksAllInOrder({ axis, inputs }: { axis: number; inputs: string[] }): boolean {
    const indices = view.constant(inputs[1])?.data;
    return indices?.length === shape[axis] && indices.every((index, at) => index === at);
  }

  /** The first operand, when the second is a constant of nothing but `value`. */
  function neutral([kept, other]: string[], value: number): { same: string } | undefined {
    const constant = view.constant(other);
    if (constant === undefined || !constant.data.every((entry) => entry === value)) return undefined;
    return sameShape(view.shape(kept), view.shape(node.output)) ? { same: kept } : undefined;
  }
};
