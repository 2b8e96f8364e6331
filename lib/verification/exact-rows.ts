/**
 * Rows in exact arithmetic. Every finite double is an integer times a power of two, so each row of the problem,
 * multiplied by one power of two of its own, is a row of integers, and the strict Σ a M > lower reads
 * Σ a M ≥ lower + 1. Nothing here is rounded unless the name says so.
 */

/** One row of the problem as it stands in the certificate. */
export interface GivenRow {
  columns: readonly number[];
  coefficients: readonly number[];
  lower: number;
}

/** Σ values·M ≥ need, over distinct columns, none of them with the value 0. */
export interface IntegerRow {
  columns: number[];
  values: bigint[];
  need: bigint;
}

/** An exact row: the problem's row times 2^-exponent. */
export interface ExactRow extends IntegerRow {
  exponent: number;
}

const view = new DataView(new ArrayBuffer(8));

/** The exponent of a double's last bit, and the double in units of it. */
function parts(value: number): { units: bigint; exponent: number } {
  view.setFloat64(0, value);
  const high = view.getUint32(0);
  const biased = (high >>> 20) & 0x7ff;
  const fraction = BigInt(high & 0xfffff) * 0x100000000n + BigInt(view.getUint32(4));
  const magnitude = biased === 0 ? fraction : fraction + 0x10000000000000n;
  return { units: high >>> 31 ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075 };
}

/** Doubles in units of one power of two that suits them all. */
export function inUnits(values: readonly number[]): { units: bigint[]; exponent: number } {
  const all = values.map(parts);
  let exponent = Infinity;
  for (const part of all) if (part.units !== 0n) exponent = Math.min(exponent, part.exponent);
  if (exponent === Infinity) return { units: values.map(() => 0n), exponent: 0 };
  const units = all.map((part) => (part.units === 0n ? 0n : part.units << BigInt(part.exponent - exponent)));
  return { units, exponent };
}

/** The row in integers; a column that is named several times counts with the sum of its entries. */
export function exactRow({ columns, coefficients, lower }: GivenRow): ExactRow {
  const { units, exponent } = inUnits([...coefficients, lower]);
  const sums = new Map<number, bigint>();
  for (let at = 0; at < columns.length; at++)
    sums.set(columns[at], (sums.get(columns[at]) ?? 0n) + units[at]);
  const row: ExactRow = { columns: [], values: [], need: units[columns.length] + 1n, exponent };
  for (const [column, value] of sums) {
    if (value === 0n) continue;
    row.columns.push(column);
    row.values.push(value);
  }
  return row;
}

/**
 * The row rounded to whole units of 2^-scale, away from the strict side: every mask of the exact row satisfies it.
 * From Σ a M > lower follows Σ ⌈a·2^scale⌉ M ≥ Σ a·2^scale M > lower·2^scale, and, both sides being
 * integers, Σ ⌈a·2^scale⌉ M ≥ ⌊lower·2^scale⌋ + 1, whatever the scale is.
 */
export function roundedRow(row: ExactRow, scale: number): IntegerRow {
  const shift = BigInt(row.exponent + scale);
  const rounded: IntegerRow = { columns: [], values: [], need: floorShift(row.need - 1n, shift) + 1n };
  for (let at = 0; at < row.columns.length; at++) {
    const value = -floorShift(-row.values[at], shift);
    if (value === 0n) continue;
    rounded.columns.push(row.columns[at]);
    rounded.values.push(value);
  }
  return rounded;
}

/** ⌊value · 2^shift⌋ */
function floorShift(value: bigint, shift: bigint): bigint {
  return shift >= 0n ? value << shift : value >> -shift;
}

/** Does the row hold for this mask? */
export function holds({ columns, values, need }: IntegerRow, mask: ArrayLike<number>): boolean {
  let sum = 0n;
  for (let at = 0; at < columns.length; at++) if (mask[columns[at]]) sum += values[at];
  return sum >= need;
}

/** The largest sum the row can reach. */
export function mostOf({ values }: IntegerRow): bigint {
  let most = 0n;
  for (const value of values) if (value > 0n) most += value;
  return most;
}
