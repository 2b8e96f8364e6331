import type { Rewrite, Rule, View } from './rule.js';

/**
 * Exporters of attention bring the axis of queries, keys and values in front of the batch, and cut it there. Slices, and a
 * reshape that drops the cut axis, are taken before such a transpose, so that the batch stays in front.
 */
export const cutBeforeTranspose: Rule = (node, view) => {
  if (node.op !== 'slice' && node.op !== 'reshape') return undefined;
  const move = view.producer(node.inputs[0]);
  if (move?.op !== 'transpose' || move.perm[0] === 0) return undefined;
  const [x] = move.inputs;
  const { perm } = move;
  if (node.op === 'reshape') return withoutFront(x, perm, node.shape, node.output, view);

  const back = (entries: readonly number[]) => perm.map((_, axis) => entries[perm.indexOf(axis)]);
  const [starts, ends, steps] = [node.starts, node.ends, node.steps].map(back);
  const cut = view.addNode(
    `${node.output}.cut`,
    { op: 'slice', starts, ends, steps },
    [x],
    back(view.shape(node.output)),
  );
  return { operation: { op: 'transpose', perm: [...perm] }, inputs: [cut] };
};

/** The reshape drops the foremost axis of size 1; or does so and more, which stays behind it. */
function withoutFront(
  x: string,
  perm: readonly number[],
  target: readonly number[],
  output: string,
  view: View,
): Rewrite | undefined {
  const shape = view.shape(x);
  const [front, ...others] = perm;
  if (shape[front] !== 1) return undefined;
  const kept = shape.filter((_, axis) => axis !== front);
  const moved = others.map((axis) => (axis > front ? axis - 1 : axis));
  const turned = others.map((axis) => shape[axis]);
  const operation = { op: 'transpose' as const, perm: moved };
  const flat = view.addNode(`${output}.flat`, { op: 'reshape', shape: kept }, [x], kept);
  if (turned.join() === target.join()) return { operation, inputs: [flat] };
  const placed = view.addNode(`${output}.turned`, operation, [flat], turned);
  return { operation: { op: 'reshape', shape: [...target] }, inputs: [placed] };
}
