import { fractionsOf, overOne, type Fractions } from './fractions.js';
import {
  indexOf,
  numbersOf,
  placeOf,
  product,
  shapeIn,
  type PlainNetwork,
  type PlainNode,
} from './plain-network.js';
import { windowsOf, type Window } from './windows.js';

/** Multiplications per run that are still computed one by one; the full encoding takes networks of half as many. */
const MOST_PRODUCTS = 2_000_000;

/** Thrown where a network has an operation that is not computed here. */
export class NotComputed extends Error {}

type Operation = (input: Fractions) => Fractions;

/**
 * The network with real arithmetic over its float32 numbers, computed node by node in fractions: as the operations are defined, one
 * element after the other. Only chains of what has an exact value.
 * @throws NotComputed
 */
export class ExactNetwork {
  readonly #steps: Operation[];

  constructor(network: PlainNetwork) {
    if (productsOf(network) > MOST_PRODUCTS)
      throw new NotComputed(`the network takes more than ${MOST_PRODUCTS} multiplications per run`);
    let [value] = network.inputs;
    this.#steps = network.nodes.map((node) => {
      const computed = node.inputs.filter((name) => !network.constants.has(name));
      if (computed.length !== 1 || computed[0] !== value)
        throw new NotComputed(
          `the network branches at node '${node.name}', and only chains are computed here`,
        );
      const step = operationOf(network, node, value);
      value = node.output;
      return step;
    });
    if (value !== network.outputs[0]) throw new NotComputed('the network does not end in one output');
  }

  logits(x: Fractions): Fractions {
    return this.#steps.reduce((values, step) => step(values), x);
  }
}

function productsOf(network: PlainNetwork): number {
  let products = 0;
  for (const node of network.nodes) {
    const weights = network.constants.get(node.inputs[1])?.shape;
    if (weights === undefined) continue;
    const [first, ...others] = weights;
    if (node.op === 'dense') products += product(shapeIn(network, node.output)) * first;
    if (node.op === 'conv') products += product(shapeIn(network, node.output)) * product(others);
  }
  return products;
}

function operationOf(network: PlainNetwork, node: PlainNode, value: string): Operation {
  const shape = shapeIn(network, value);
  const out = shapeIn(network, node.output);
  switch (node.op) {
    case 'identity':
    case 'reshape':
      return (input) => input;
    case 'relu':
      return ({ values, below }) => ({ values: values.map((one) => (one > 0n ? one : 0n)), below });
    case 'dense':
      return dense(network, node, shape);
    case 'conv':
      return convolution(network, node, shape);
    case 'affine':
    case 'add':
    case 'sub':
    case 'mul':
      if (product(out) === product(shape)) return elementwise(network, node, value, out);
      break;
    case 'maxPool': {
      const windows = windowsOf(network, node, numbersOf(node, 'kernel'));
      return perChannel(
        shape,
        windows,
        (values) => values.reduce((most, one) => (one > most ? one : most)),
        [1],
      );
    }
    case 'averagePool': {
      const windows = windowsOf(network, node, numbersOf(node, 'kernel'));
      const divisors = windows.map(({ reads, counted }) => (node.countIncludePad ? counted : reads.length));
      return perChannel(shape, windows, sum, divisors);
    }
    case 'globalMaxPool':
    case 'reduceMean': {
      const axes =
        node.op === 'globalMaxPool' ? shape.map((_, axis) => axis).slice(2) : numbersOf(node, 'axes');
      if (axes.length !== shape.length - 2 || axes.some((axis) => axis < 2)) break;
      const size = product(shape.slice(2));
      const whole: Window = {
        reads: Array.from({ length: size }, (_, place) => [0, place] as const),
        counted: size,
      };
      return node.op === 'globalMaxPool'
        ? perChannel(shape, [whole], (values) => values.reduce((most, one) => (one > most ? one : most)), [1])
        : perChannel(shape, [whole], sum, [size]);
    }
    case 'transpose':
    case 'pad':
      if (node.op === 'pad' && (node.mode !== 'constant' || node.value !== 0)) break;
      return moved(node, shape, out);
  }
  throw new NotComputed(`node '${node.name}' is ${node.op}, which is not computed here`);
}

const sum = (values: readonly bigint[]) => values.reduce((total, one) => total + one, 0n);

/** […, K] times [K, M], plus [M]. */
function dense(network: PlainNetwork, node: PlainNode, shape: readonly number[]): Operation {
  const [weights, bias] = constantsOf(network, node);
  const [inner, outer] = network.constants.get(node.inputs[1])!.shape;
  const rows = product(shape) / inner;
  return ({ values, below }) => {
    const sums = new Array<bigint>(rows * outer).fill(0n);
    values.forEach((value, at) => {
      if (value === 0n) return;
      const from = (at % inner) * outer;
      const to = Math.floor(at / inner) * outer;
      for (let output = 0; output < outer; output++)
        sums[to + output] += value * weights.values[from + output];
    });
    return plusBias({ values: sums, below: below * weights.below }, bias, (at) => at % outer);
  };
}

/** [1, C, …] with [O, C / groups, …], plus [O]. */
function convolution(network: PlainNetwork, node: PlainNode, shape: readonly number[]): Operation {
  const [weights, bias] = constantsOf(network, node);
  const [filters, perGroup, ...kernel] = network.constants.get(node.inputs[1])!.shape;
  const windows = windowsOf(network, node, kernel);
  const size = product(shape.slice(2));
  const taps = product(kernel);
  const filtersPerGroup = filters / (node.groups as number);
  return ({ values, below }) => {
    const sums: bigint[] = [];
    for (let filter = 0; filter < filters; filter++) {
      const first = Math.floor(filter / filtersPerGroup) * perGroup;
      for (const { reads } of windows) {
        let total = 0n;
        for (let channel = 0; channel < perGroup; channel++)
          for (const [tap, place] of reads) {
            const value = values[(first + channel) * size + place];
            if (value !== 0n) total += value * weights.values[(filter * perGroup + channel) * taps + tap];
          }
        sums.push(total);
      }
    }
    return plusBias({ values: sums, below: below * weights.below }, bias, (at) =>
      Math.floor(at / windows.length),
    );
  };
}

function plusBias(sums: Fractions, bias: Fractions | null, biasOf: (at: number) => number): Fractions {
  if (bias === null) return sums;
  const [own, added, below] = overOne(sums, bias);
  return { values: own.map((value, at) => value + added[biasOf(at)]), below };
}

/** Sums and products with a constant, broadcast as NumPy does; affine: scale and shift per channel. */
function elementwise(
  network: PlainNetwork,
  node: PlainNode,
  value: string,
  out: readonly number[],
): Operation {
  const constant = (name: string, perChannel: boolean) => {
    const { data, shape } = network.constants.get(name)!;
    const all = fractionsOf(data);
    const from = perChannel ? [1, shape[0], ...out.slice(2).map(() => 1)] : shape;
    const missing = out.length - from.length;
    const places = Array.from({ length: product(out) }, (_, at) => {
      const index = indexOf(at, out).slice(missing);
      return placeOf(
        index.map((one, axis) => (from[axis] === 1 ? 0 : one)),
        from,
      );
    });
    return { values: places.map((place) => all.values[place]), below: all.below };
  };
  const times = ({ values, below }: Fractions, by: Fractions) => ({
    values: values.map((one, at) => one * by.values[at]),
    below: below * by.below,
  });
  const plus = (a: Fractions, b: Fractions) => {
    const [own, added, below] = overOne(a, b);
    return { values: own.map((one, at) => one + added[at]), below };
  };
  const minus = ({ values, below }: Fractions) => ({ values: values.map((one) => -one), below });
  if (node.op === 'affine') {
    const [scale, shift] = node.inputs.slice(1).map((name) => constant(name, true));
    return (input) => plus(times(input, scale), shift);
  }
  const first = node.inputs[0] === value;
  const other = constant(node.inputs[first ? 1 : 0], false);
  if (node.op === 'mul') return (input) => times(input, other);
  if (node.op === 'add') return (input) => plus(input, other);
  return first ? (input) => plus(input, minus(other)) : (input) => plus(minus(input), other);
}

/** One number per channel and window; divided by whole numbers, one per window or one for all. */
function perChannel(
  shape: readonly number[],
  windows: readonly Window[],
  of: (values: readonly bigint[]) => bigint,
  divisors: readonly number[],
): Operation {
  const size = product(shape.slice(2));
  const common = [...new Set(divisors)].reduce((all, one) => all * BigInt(one), 1n);
  return ({ values, below }) => {
    const outputs: bigint[] = [];
    for (let channel = 0; channel < shape[1]; channel++)
      windows.forEach(({ reads }, at) => {
        const divisor = divisors[divisors.length === 1 ? 0 : at];
        const read = reads.map(([, place]) => values[channel * size + place]);
        outputs.push(of(read) * (common / BigInt(divisor)));
      });
    return { values: outputs, below: below * common };
  };
}

/** Elements that are put elsewhere; what is new is 0. */
function moved(node: PlainNode, shape: readonly number[], out: readonly number[]): Operation {
  const source = Array.from({ length: product(out) }, (_, to) => {
    const index = indexOf(to, out);
    if (node.op === 'transpose') {
      const from: number[] = [];
      numbersOf(node, 'perm').forEach((axis, at) => (from[axis] = index[at]));
      return placeOf(from, shape);
    }
    const from = index.map((one, axis) => one - numbersOf(node, 'pads')[axis]);
    return from.every((one, axis) => one >= 0 && one < shape[axis]) ? placeOf(from, shape) : -1;
  });
  return ({ values, below }) => ({ values: source.map((from) => (from < 0 ? 0n : values[from])), below });
}

/** Weights and, where there is one, bias. */
function constantsOf({ constants }: PlainNetwork, { inputs }: PlainNode): [Fractions, Fractions | null] {
  const [weights, bias] = [inputs[1], inputs[2]].map((name) => {
    const constant = constants.get(name);
    return constant === undefined ? null : fractionsOf(constant.data);
  });
  return [weights!, bias];
}
