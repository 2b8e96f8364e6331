import type { Node } from '../graph.js';
import { windowExtent } from '../windows.js';
import type { Rule } from './rule.js';

/** Moves explicit zero padding into the convolution or average pooling that follows it. */
export const mergePadding: Rule = (node, view) => {
  if (node.op !== 'conv' && node.op !== 'averagePool') return undefined;
  const pad = view.producer(node.inputs[0]);
  if (pad?.op !== 'pad' || !isSpatialZeroPadding(pad)) return undefined;
  const rank = pad.pads.length / 2;
  const extra = [...pad.pads.slice(2, rank), ...pad.pads.slice(rank + 2)];
  const pads = node.pads.map((own, at) => own + extra[at]);
  const inputs = [pad.inputs[0], ...node.inputs.slice(1)];
  if (node.op === 'conv') {
    const { strides, dilations, groups } = node;
    return { operation: { op: 'conv', strides, pads, dilations, groups }, inputs };
  }
  // The zeros were part of the input, so they count; the pool's own padding must then count as well, and with
  // `ceil` the overhang would start at another place.
  const plain = node.pads.every((own) => own === 0);
  if (node.ceil || !(plain || node.countIncludePad)) return undefined;
  const { kernel, strides, dilations } = node;
  const spatial = kernel.length;
  if (pads.some((total, at) => total >= windowExtent(kernel[at % spatial], dilations[at % spatial])))
    return undefined;
  return {
    operation: { op: 'averagePool', kernel, strides, pads, dilations, ceil: false, countIncludePad: true },
    inputs,
  };
};

/**
 * Padding before a transpose becomes padding behind it, where a convolution can take it in: networks that come from
 * channels-last files pad before they turn to channels first.
 */
export const padAfterTranspose: Rule = (node, view) => {
  if (node.op !== 'transpose') return undefined;
  const [padded] = node.inputs;
  const pad = view.producer(padded);
  if (pad?.op !== 'pad' || pad.mode !== 'constant' || !view.usedOnce(padded)) return undefined;
  const { perm } = node;
  const [x] = pad.inputs;
  const shape = perm.map((axis) => view.shape(x)[axis]);
  const turned = view.addNode(node.name, { op: 'transpose', perm }, [x], shape);
  const pads = [...perm.map((axis) => pad.pads[axis]), ...perm.map((axis) => pad.pads[axis + perm.length])];
  return { operation: { op: 'pad', pads, mode: pad.mode, value: pad.value }, inputs: [turned] };
};

function isSpatialZeroPadding(node: Extract<Node, { op: 'pad' }>): boolean {
  const rank = node.pads.length / 2;
  const lead = [node.pads[0], node.pads[1], node.pads[rank], node.pads[rank + 1]];
  return (
    node.mode === 'constant' &&
    node.value === 0 &&
    rank >= 3 &&
    lead.every((pad) => pad === 0) &&
    node.pads.every((pad) => pad >= 0)
  );
}
