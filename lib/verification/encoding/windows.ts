import {
  indexOf,
  numbersOf,
  placeOf,
  product,
  shapeIn,
  type PlainNetwork,
  type PlainNode,
} from './plain-network.js';

/** What one output position of a convolution or a pool reads of a channel. */
export interface Window {
  /** Taps of the kernel and the places that they meet, row-major within the channel; none in the padding. */
  reads: (readonly [tap: number, place: number])[];
  /** Taps that meet the input or its declared padding. */
  counted: number;
}

/** The windows of all output positions, row-major, for any number of spatial axes. */
export function windowsOf(network: PlainNetwork, node: PlainNode, kernel: readonly number[]): Window[] {
  const sides = shapeIn(network, node.inputs[0]).slice(2);
  const outputs = shapeIn(network, node.output).slice(2);
  const [strides, pads, dilations] = ['strides', 'pads', 'dilations'].map((name) => numbersOf(node, name));
  const axes = sides.length;
  return Array.from({ length: product(outputs) }, (_, output) => {
    const from = indexOf(output, outputs);
    const window: Window = { reads: [], counted: 0 };
    for (let tap = 0; tap < product(kernel); tap++) {
      const at = indexOf(tap, kernel).map(
        (step, axis) => from[axis] * strides[axis] + step * dilations[axis] - pads[axis],
      );
      if (at.every((place, axis) => place < sides[axis] + pads[axes + axis])) window.counted++;
      if (at.every((place, axis) => place >= 0 && place < sides[axis]))
        window.reads.push([tap, placeOf(at, sides)]);
    }
    return window;
  });
}
