import { broadcastArray } from '../../../graph/array-operations.js';
import { broadcastShapes } from '../../../graph/broadcast.js';
import { sizeOf } from '../../../tensor.js';
import type { HostTensor } from '../../host-tensor.js';
import {
  hostValue,
  shapeOfValue,
  type Conversion,
  type OperatorDefinition,
  type Value,
} from '../conversion.js';

/** What stands for −∞ where it is chosen: as far from any score as float32 reaches, so that a softmax gives it exactly 0. */
const LOWEST = -3.4028234663852886e38;

/** Truths are folded: a network whose graph depends on its input's values is no fixed network. */
function folded(f: (a: number, b: number) => boolean): OperatorDefinition {
  return {
    convert: (node) => {
      const [a, b] = [node.host(0, 'first operand'), node.host(1, 'second operand')];
      const truth = node.foldBinary(
        a ?? node.bad('it has no input'),
        b ?? node.bad('it has one input'),
        (x, y) => Number(f(x, y)),
      );
      return asTruth(truth);
    },
  };
}

/** Truths count as whole numbers, whatever was compared. */
function asTruth(value: Value): Value {
  return value.kind === 'host' ? { ...value, tensor: { ...value.tensor, integer: true } } : value;
}

/** Also the one question that networks ask of words: which of them are padding. */
function equal(node: Conversion): Value {
  const [a, b] = [node.input(0), node.input(1)];
  for (const [value, other] of [
    [a, b],
    [b, a],
  ])
    if (value.kind === 'graph' && value.words !== undefined && other.kind === 'host') {
      const { padding, real } = value.words;
      const { data } = other.tensor;
      if (data.length !== 1 || data[0] !== padding)
        node.unsupported(
          `it compares the words' indices with ${data.length === 1 ? data[0] : 'many'}; only the question for padding, ` +
            `index ${padding} here, is answered before the network runs`,
        );
      const isPadding = Float64Array.from(real, (one) => Number(!one));
      const answer = { data: isPadding, shape: [...value.shape], integer: true };
      node.reserve(value.shape);
      return hostValue(answer, node.name);
    }
  return folded((x, y) => x === y).convert(node) as Value;
}

function not(node: Conversion): Value {
  const x = node.host(0, 'input') ?? node.bad('it has no input');
  node.reserve(x.shape);
  return asTruth(node.fold(x, { ...x, data: x.data.map((value) => Number(!value)) }));
}

/** A computed value is a number: the engines refuse networks whose outputs are not. */
function isNaN(node: Conversion): Value {
  const x = node.input(0);
  node.reserve(shapeOfValue(x));
  const shape = [...shapeOfValue(x)];
  const data =
    x.kind === 'host'
      ? Float64Array.from(x.tensor.data, (value) => Number(Number.isNaN(value)))
      : new Float64Array(sizeOf(shape));
  return hostValue({ data, shape, integer: true }, node.name);
}

/** The condition is known; between computed values the choice is a sum of products with 0 and 1. */
function where(node: Conversion): Value {
  const condition = node.host(0, 'condition') ?? node.bad('it has no condition');
  const [a, b] = [node.input(1), node.input(2)];
  const shape = [shapeOfValue(b), shapeOfValue(a)].reduce<number[] | undefined>(
    (common, next) => common && broadcastShapes(common, next),
    condition.shape,
  );
  if (shape === undefined) return node.bad('the shapes of its inputs do not broadcast');
  node.reserve(shape);
  if (a.kind === 'host' && b.kind === 'host')
    return chosenOf(node, condition, finite(a.tensor), finite(b.tensor), shape);
  const isTrue = (value: number) => value !== 0;
  for (const [chosen, all] of [
    [a, condition.data.every(isTrue)],
    [b, !condition.data.some(isTrue)],
  ] as const)
    if (all && shapeOfValue(chosen).join() === shape.join()) return chosen;
  const operand = (value: Value): Value =>
    value.kind === 'host' ? { ...value, tensor: finite(value.tensor) } : value;
  const share = (name: string, weight: (value: number) => number): Value =>
    hostValue(
      { data: Float32Array.from(condition.data, weight), shape: [...condition.shape], integer: true },
      `${node.name}.${name}`,
    );
  return node.binary(
    'add',
    node.binary(
      'mul',
      operand(a),
      share('chosen', (value) => Number(isTrue(value))),
    ),
    node.binary(
      'mul',
      operand(b),
      share('other', (value) => Number(!isTrue(value))),
    ),
  );
}

function chosenOf(
  node: Conversion,
  condition: HostTensor,
  a: HostTensor,
  b: HostTensor,
  shape: readonly number[],
): Value {
  const pick = broadcastArray(condition, shape).data;
  const other = broadcastArray(b, shape).data;
  const chosen: HostTensor = { ...broadcastArray(a, shape), integer: a.integer };
  for (let i = 0; i < pick.length; i++) if (!pick[i]) chosen.data[i] = other[i];
  return node.fold(a, chosen);
}

function finite(tensor: HostTensor): HostTensor {
  return { ...tensor, data: tensor.data.map((value) => (value === -Infinity ? LOWEST : value)) };
}

export const choices: Record<string, OperatorDefinition> = {
  Not: { convert: not },
  Equal: { convert: equal },
  Less: folded((a, b) => a < b),
  LessOrEqual: folded((a, b) => a <= b),
  Greater: folded((a, b) => a > b),
  GreaterOrEqual: folded((a, b) => a >= b),
  And: folded((a, b) => Boolean(a && b)),
  Or: folded((a, b) => Boolean(a || b)),
  IsNaN: { convert: isNaN },
  Where: { convert: where },
};
