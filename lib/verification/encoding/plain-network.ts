/** A network from X to its logits as its file says it: operations on float32 constants, in order. */
export interface PlainNetwork {
  inputs: readonly string[];
  outputs: readonly string[];
  nodes: readonly PlainNode[];
  constants: ReadonlyMap<string, { data: ArrayLike<number>; shape: readonly number[] }>;
  shapes: ReadonlyMap<string, readonly number[]>;
}

/** One operation with its attributes. */
export type PlainNode = { op: string; name: string; inputs: readonly string[]; output: string } & Readonly<
  Record<string, unknown>
>;

export function shapeIn({ shapes }: PlainNetwork, value: string): readonly number[] {
  return shapes.get(value)!;
}

export function numbersOf(node: PlainNode, attribute: string): readonly number[] {
  return node[attribute] as readonly number[];
}

export function product(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum * one, 1);
}

/** Row-major: the index along every axis of the element at a place. */
export function indexOf(place: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = place % shape[axis];
    place = Math.floor(place / shape[axis]);
  }
  return index;
}

/** Row-major: the place of an index. */
export function placeOf(index: readonly number[], shape: readonly number[]): number {
  return index.reduce((place, one, axis) => place * shape[axis] + one, 0);
}
