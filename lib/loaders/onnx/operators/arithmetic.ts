import { sizeOf } from '../../../tensor.js';
import type { Conversion, OperatorDefinition, Value } from '../conversion.js';
import { absolute, clipTo, scalar } from './activations.js';

/** Up to opset 6 the second operand was lined up with `axis` of the first, where `broadcast` was set. */
function secondOperand(node: Conversion): Value {
  const [a, b] = [node.shape(0), node.shape(1)];
  const axis = node.attributes.int('axis');
  if (node.opset >= 7 || axis === undefined || !node.attributes.int('broadcast', 0)) return node.input(1);
  const trailing = a.length - node.axis(axis, a.length) - b.length;
  if (trailing < 0) node.bad(`its second input does not fit from axis ${axis} on`);
  return node.reshape(node.input(1), [...b, ...new Array<number>(trailing).fill(1)]);
}

function binary(op: 'add' | 'sub' | 'mul' | 'div'): OperatorDefinition {
  return { convert: (node) => node.binary(op, node.input(0), secondOperand(node)) };
}

function sum(node: Conversion): Value {
  return node.inputs
    .slice(1)
    .reduce<Value>((total, _, at) => node.binary('add', total, node.input(at + 1)), node.input(0));
}

function mean(node: Conversion): Value {
  return node.inputs.length === 1 ? node.input(0) : node.binary('div', sum(node), scalar(node.inputs.length));
}

/** A limit on a computed value is a clip; between known values it is folded; else max(a, b) = a + relu(b − a), min(a, b) = a − relu(a − b). */
function extreme(node: Conversion, f: (a: number, b: number) => number): Value {
  return node.inputs.slice(1).reduce<Value>((value, _, at) => {
    let other = node.input(at + 1);
    if (value.kind === 'host' && other.kind === 'graph') [value, other] = [other, value];
    if (value.kind === 'host' && other.kind === 'host') return node.foldBinary(value.tensor, other.tensor, f);
    if (other.kind === 'graph' || other.tensor.data.length !== 1) {
      const [first, second] = f === Math.max ? [other, value] : [value, other];
      const beyond = node.emit({ op: 'relu' }, [node.binary('sub', first, second)]);
      return node.binary(f === Math.max ? 'add' : 'sub', value, beyond);
    }
    const limit = other.tensor.data[0];
    return f === Math.max ? clipTo(node, value, limit, Infinity) : clipTo(node, value, -Infinity, limit);
  }, node.input(0));
}

function power(node: Conversion): Value {
  const exponent = node.host(1, 'exponent') ?? node.bad('it has no exponent');
  const x = node.input(0);
  if (x.kind === 'host') return node.foldBinary(x.tensor, exponent, Math.pow);
  if (exponent.data.length === 1 && exponent.data[0] === 1) return x;
  if (exponent.data.length === 1 && exponent.data[0] === 2) return node.binary('mul', x, x);
  if (exponent.data.length === 1 && exponent.data[0] === 3)
    return node.binary('mul', node.binary('mul', x, x), x);
  if (exponent.data.length === 1 && exponent.data[0] === 0.5) return node.emit({ op: 'sqrt' }, [x]);
  return node.unsupported('of a computed value only the powers ½, 1, 2 and 3 are taken');
}

/** A function of one known value; of a computed value only when `computed` says how. */
function unary(
  f: (x: number) => number,
  computed?: (node: Conversion, x: Value) => Value,
): OperatorDefinition {
  return {
    convert: (node) => {
      const x = node.input(0);
      if (x.kind === 'host') {
        node.reserve(x.tensor.shape);
        return node.fold(x.tensor, { ...x.tensor, data: x.tensor.data.map(f) });
      }
      return computed ? computed(node, x) : node.unsupported('it is only supported on constants');
    },
  };
}

function modulo(node: Conversion): Value {
  const [a, b] = [0, 1].map((slot) => node.host(slot, 'operand') ?? node.bad('it has fewer than two inputs'));
  return node.foldBinary(a, b, (x, y) => x - y * Math.floor(x / y));
}

/** Of known values: how networks that count positions from a mask write them. */
function runningSum(node: Conversion): Value {
  const x = node.host(0, 'input') ?? node.bad('it has no input');
  const axis = node.axis(node.hostNumbers(1, 'axis')?.[0] ?? node.bad('it has no axis'), x.shape.length);
  const exclusive = node.attributes.int('exclusive', 0) !== 0;
  const reverse = node.attributes.int('reverse', 0) !== 0;
  node.reserve(x.shape);
  const data = x.data.slice();
  const length = x.shape[axis];
  const stride = sizeOf(x.shape.slice(axis + 1));
  for (let outer = 0; outer < data.length; outer += length * stride)
    for (let inner = 0; inner < stride; inner++) {
      let sum = 0;
      for (let step = 0; step < length; step++) {
        const at = outer + inner + (reverse ? length - 1 - step : step) * stride;
        sum += x.data[at];
        data[at] = exclusive ? sum - x.data[at] : sum;
      }
    }
  return node.fold(x, { data, shape: x.shape });
}

export const arithmetic: Record<string, OperatorDefinition> = {
  Add: binary('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  Sum: { convert: sum },
  Mean: { convert: mean },
  Max: { convert: (node) => extreme(node, Math.max) },
  Min: { convert: (node) => extreme(node, Math.min) },
  Pow: { convert: power, parameters: [1] },
  Neg: unary(
    (x) => -x,
    (node, x) => node.binary('mul', x, scalar(-1)),
  ),
  Abs: unary(Math.abs, absolute),
  Sqrt: unary(Math.sqrt, (node, x) => node.emit({ op: 'sqrt' }, [x])),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Reciprocal: unary(
    (x) => 1 / x,
    (node, x) => node.binary('div', scalar(1), x),
  ),
  Mod: { convert: modulo },
  CumSum: { convert: runningSum, parameters: [1] },
};
