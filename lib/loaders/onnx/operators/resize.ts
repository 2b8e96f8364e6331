import type { Conversion, OperatorDefinition, Value } from '../conversion.js';

/** Nearest-neighbour enlargement by whole factors; the forms of Resize that pick other pixels are refused. */
function enlarge(node: Conversion, scalesSlot: number, sizesSlot: number | undefined): Value {
  const x = node.shape(0);
  if (node.attributes.string('mode', 'nearest') !== 'nearest')
    node.unsupported('only nearest-neighbour resizing is');
  if (x.length < 3 || x.length > 4) node.unsupported('only 1 or 2 spatial axes are');
  const scales = scalesOf(node, x, scalesSlot, sizesSlot);
  if (scales.length !== x.length) node.bad(`it has ${scales.length} scales for ${x.length} axes`);
  if (scales[0] !== 1 || scales[1] !== 1 || !scales.every((scale) => Number.isInteger(scale) && scale >= 1))
    node.unsupported(`only whole spatial factors are, not [${scales.join(', ')}]`);
  if (!repeatsPixels(node, Math.max(...scales)))
    node.unsupported('its coordinate and rounding modes do not repeat each pixel');
  return node.emit({ op: 'upsample', scales: scales.slice(2) }, [node.input(0)]);
}

function scalesOf(
  node: Conversion,
  x: readonly number[],
  scalesSlot: number,
  sizesSlot: number | undefined,
): number[] {
  const given = node.numbers(scalesSlot, 'scales');
  const axes =
    node.attributes.ints('axes')?.map((axis) => node.axis(axis, x.length)) ?? x.map((_, axis) => axis);
  const spread = (list: number[]): number[] => {
    const full = x.map(() => 1);
    axes.forEach((axis, at) => (full[axis] = list[at] ?? NaN));
    return full;
  };
  if (given !== undefined && given.length > 0) return spread(given);
  const sizes = sizesSlot === undefined ? undefined : node.hostNumbers(sizesSlot, 'sizes');
  if (sizes === undefined || sizes.length === 0) return node.bad('it has neither scales nor sizes');
  return spread(sizes.map((size, at) => size / x[axes[at] ?? 0]));
}

/** Whether output pixel i takes input pixel ⌊i / scale⌋. */
function repeatsPixels(node: Conversion, scale: number): boolean {
  if (node.type === 'Upsample') return true;
  const rounding = node.attributes.string('nearest_mode', 'round_prefer_floor');
  const legacy = node.opset < 11 ? 'asymmetric' : 'half_pixel';
  const coordinates = node.attributes.string('coordinate_transformation_mode', legacy);
  if (coordinates === 'asymmetric')
    return node.opset < 11 || rounding === 'floor' || (rounding === 'round_prefer_floor' && scale <= 2);
  if (
    coordinates !== 'half_pixel' &&
    coordinates !== 'pytorch_half_pixel' &&
    coordinates !== 'half_pixel_symmetric'
  )
    return false;
  return rounding.startsWith('round_prefer_');
}

export const resizing: Record<string, OperatorDefinition> = {
  Upsample: { convert: (node) => enlarge(node, 1, undefined), parameters: [1] },
  Resize: {
    convert: (node) => (node.opset < 11 ? enlarge(node, 1, undefined) : enlarge(node, 2, 3)),
    parameters: [1, 2, 3],
  },
};
