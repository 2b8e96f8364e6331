import { cellAt, type CellGrid, type InputGeometry } from '../masks/cells.js';
import type { Model } from '../model/model.js';
import type { Tensor } from '../tensor.js';
import type { InputView } from './first-layer.js';
import { forwardAll } from './pass-first-layers.js';
import type { MaskedOutputs } from './sufficiency.js';

/**
 * The network on B + (X − B) ⊙ M: masks lie where those of the mask problem do, over the first layer's input X, and hidden
 * positions become what the rows are made for.
 * @param blank B, like X; null: zeros
 */
export function maskedInput(
  model: Model,
  { split, x }: Pick<InputView, 'split' | 'x'>,
  geometry: InputGeometry,
  grid: CellGrid,
  blank: Tensor | null,
): MaskedOutputs {
  const sign = split.output === 'negated value' ? -1 : 1;
  return async (masks, signal) => {
    const inputs = masks.map((mask) => masked(x, geometry, grid, blank, mask));
    const activations = await forwardAll(model, split.onward, inputs, signal);
    const last = activations.map((values) => values[values.length - 1]);
    const outputs = await forwardAll(model, split.tail, last, signal);
    // Where values below a reference are explained the tail gives minus them.
    return outputs.map(([{ data }]) => (sign < 0 ? data.map((value) => -value) : data));
  };
}

function masked(
  x: Tensor,
  { channels, height, width, channelStride, rowStride, columnStride }: InputGeometry,
  grid: CellGrid,
  blank: Tensor | null,
  mask: Uint8Array,
): Tensor {
  const data = x.data.slice();
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      if (mask[cellAt(grid, row, column)]) continue;
      let at = row * rowStride + column * columnStride;
      for (let channel = 0; channel < channels; channel++, at += channelStride)
        data[at] = blank === null ? 0 : blank.data[at];
    }
  return { data, shape: x.shape };
}
