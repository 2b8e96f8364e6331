import { inUnits } from '../exact-rows.js';

/** Fractions over one denominator: values[i] / below. */
export interface Fractions {
  values: bigint[];
  below: bigint;
}

/** Numbers as they are: every finite double is a fraction. */
export function fractionsOf(numbers: ArrayLike<number>): Fractions {
  const { units, exponent } = inUnits(Array.from(numbers));
  return exponent < 0
    ? { values: units, below: 1n << BigInt(-exponent) }
    : { values: units.map((unit) => unit << BigInt(exponent)), below: 1n };
}

/** Both over one denominator. */
export function overOne(a: Fractions, b: Fractions): [a: bigint[], b: bigint[], below: bigint] {
  if (a.below === b.below) return [a.values, b.values, a.below];
  const below = (a.below / greatestCommonDivisor(a.below, b.below)) * b.below;
  const raised = ({ values, below: own }: Fractions) => values.map((value) => value * (below / own));
  return [raised(a), raised(b), below];
}

/** A quotient as a double, to about the last bit; for people. */
export function rounded(value: bigint, below: bigint): number {
  const sign = value < 0n ? -1 : 1;
  const magnitude = value < 0n ? -value : value;
  // Both cut to as many bits as a double can hold.
  const length = (number: bigint) => number.toString(16).length * 4;
  const shift = length(below) - length(magnitude) + 64;
  const quotient = shift >= 0 ? (magnitude << BigInt(shift)) / below : magnitude / (below << BigInt(-shift));
  return sign * Number(quotient) * 2 ** -shift;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
