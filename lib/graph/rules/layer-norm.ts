import { sizeOf, type Tensor } from '../../tensor.js';
import type { Node } from '../graph.js';
import type { Rewrite, Rule, View } from './rule.js';

/**
 * Recognises layer normalisation that exporters write as means, differences and a root, over one axis or several side by
 * side, and takes in the scale and the shift that follow it.
 */
export const recogniseLayerNorm: Rule = (node, view) => normalised(node, view) ?? withParameters(node, view);

/** (x − mean)/√(mean((x − mean)²) + ε) */
function normalised(node: Node, view: View): Rewrite | undefined {
  const parts = centredByDeviation(node, view);
  const centred = parts && differenceFromMean(parts.centred, view);
  const variance = centred && view.producer(parts.variance);
  const [sum, epsilon] = variance ? constantTerm(variance, view) : [];
  const mean = sum === undefined ? undefined : view.producer(sum);
  if (centred === undefined || epsilon === undefined || !(epsilon >= 0)) return undefined;
  if (mean?.op !== 'reduceMean' || !mean.keepDims || mean.axes.join() !== centred.axes.join())
    return undefined;
  const square = view.producer(mean.inputs[0]);
  if (square?.op !== 'mul' || square.inputs[0] !== square.inputs[1]) return undefined;
  const squared = differenceFromMean(square.inputs[0], view);
  if (squared?.x !== centred.x || squared.axes.join() !== centred.axes.join()) return undefined;
  return alongAxes(node, view, centred.x, centred.axes, epsilon);
}

/** (x − mean) and the variance of d/√v or d·(1/√v). */
function centredByDeviation(node: Node, view: View): { centred: string; variance: string } | undefined {
  if (node.op === 'div') {
    const root = view.producer(node.inputs[1]);
    return root?.op === 'sqrt' ? { centred: node.inputs[0], variance: root.inputs[0] } : undefined;
  }
  if (node.op !== 'mul') return undefined;
  for (const [centred, factor] of [node.inputs, [...node.inputs].reverse()]) {
    const inverse = view.producer(factor);
    if (inverse?.op !== 'div' || view.constant(inverse.inputs[0])?.data.join() !== '1') continue;
    const root = view.producer(inverse.inputs[1]);
    if (root?.op === 'sqrt') return { centred, variance: root.inputs[0] };
  }
  return undefined;
}

/** x and the axes of a value that is x − mean(x). */
function differenceFromMean(value: string, view: View): { x: string; axes: number[] } | undefined {
  const node = view.producer(value);
  if (node?.op !== 'sub') return undefined;
  const mean = view.producer(node.inputs[1]);
  if (mean?.op !== 'reduceMean' || !mean.keepDims || mean.inputs[0] !== node.inputs[0]) return undefined;
  return { x: node.inputs[0], axes: mean.axes };
}

/** The computed and the constant term of a sum with one number. */
function constantTerm(node: Node, view: View): [string, number] | [] {
  if (node.op !== 'add') return [];
  for (const [value, term] of [node.inputs, [...node.inputs].reverse()]) {
    const constant = view.constant(term);
    if (constant?.data.length === 1 && constant.shape.length <= 1) return [value, constant.data[0]];
  }
  return [];
}

function alongAxes(
  node: Node,
  view: View,
  x: string,
  given: readonly number[],
  epsilon: number,
): Rewrite | undefined {
  const axes = [...given].sort((a, b) => a - b);
  const [axis] = axes;
  if (axis === undefined || axes.some((one, at) => one !== axis + at)) return undefined;
  const shape = view.shape(x);
  const size = sizeOf(axes.map((one) => shape[one]));
  const vector = (name: string, value: number) =>
    view.addConstant(`${node.output}.${name}`, { data: new Float32Array(size).fill(value), shape: [size] });
  const parameters = [vector('scale', 1), vector('shift', 0)];
  if (axes.length === 1) return { operation: { op: 'layerNorm', axis, epsilon }, inputs: [x, ...parameters] };
  const rows = [...shape.slice(0, axis), size, ...shape.slice(axis + axes.length)];
  const flat = view.addNode(`${node.output}.rows`, { op: 'reshape', shape: rows }, [x], rows);
  const normal = view.addNode(
    `${node.output}.normal`,
    { op: 'layerNorm', axis, epsilon },
    [flat, ...parameters],
    rows,
  );
  return { operation: { op: 'reshape', shape: [...shape] }, inputs: [normal] };
}

/** A product or sum with one constant entry per place of the axis becomes scale or shift. */
function withParameters(node: Node, view: View): Rewrite | undefined {
  if (node.op !== 'mul' && node.op !== 'add') return undefined;
  for (const [value, other] of [node.inputs, [...node.inputs].reverse()]) {
    const norm = view.producer(value);
    const constant = view.constant(other);
    if (norm?.op !== 'layerNorm' || constant === undefined || !view.usedOnce(value)) continue;
    const shape = view.shape(value);
    const [scale, shift] = norm.inputs.slice(1).map((input) => view.constant(input));
    const entries = alongAxis(constant, shape, norm.axis);
    if (!scale || !shift || !entries || view.shape(node.output).join() !== shape.join()) continue;
    const times = (tensor: Tensor) => tensor.data.map((entry, at) => entry * entries[at]);
    const changed =
      node.op === 'mul'
        ? [times(scale), times(shift)]
        : [scale.data, shift.data.map((entry, at) => entry + entries[at])];
    const parameters = changed.map((data, at) =>
      view.addConstant(`${node.output}.${at === 0 ? 'scale' : 'shift'}`, { data, shape: [data.length] }),
    );
    const { axis, epsilon } = norm;
    return { operation: { op: 'layerNorm', axis, epsilon }, inputs: [norm.inputs[0], ...parameters] };
  }
  return undefined;
}

/** The entries of a broadcast constant along an axis; undefined where it varies along another. */
function alongAxis({ data, shape }: Tensor, whole: readonly number[], axis: number): number[] | undefined {
  const own = axis - (whole.length - shape.length);
  if (shape.length > whole.length || shape.some((size, at) => size !== 1 && at !== own)) return undefined;
  return Array.from({ length: whole[axis] }, (_, at) => data[data.length === 1 ? 0 : at]);
}
