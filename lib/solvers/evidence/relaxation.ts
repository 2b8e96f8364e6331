import { commonIntegers, exactSumSign } from '../../masks/exact.js';
import { roundRows, type IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import type { ExtraRow } from '../../masks/extra-rows.js';
import type { ComponentEvidence } from '../solution-evidence.js';

const FREE = 2;

/**
 * Integer rows that every truly feasible mask satisfies, each proven so in exact arithmetic: with a power of two
 * 2^s, every integer is at least its coefficient times 2^s, and the bound at most ⌊lower·2^s⌋ + 1.
 * Throws a RangeError at a row for which no s is found.
 */
export function provenCeiling(problem: CsrMaskProblem): IntegerProblem {
  const { ceiling } = roundRows(problem);
  for (let row = 0; row < problem.lower.length; row++) {
    if (!isRelaxation(problem, ceiling, row)) {
      throw new RangeError(
        `The integer row ${row} could not be proven to follow from the row it stands for.`,
      );
    }
  }
  return ceiling;
}

function isRelaxation(problem: CsrMaskProblem, ceiling: IntegerProblem, row: number): boolean {
  const begin = problem.offsets[row];
  const end = problem.offsets[row + 1];
  const { integers } = commonIntegers([...problem.coefficients.subarray(begin, end), problem.lower[row]]);
  const lower = integers.pop()!;
  const exact = new Map<number, bigint>();
  integers.forEach((value, at) => {
    const column = problem.columns[begin + at];
    exact.set(column, (exact.get(column) ?? 0n) + value);
  });
  const rounded = new Map<number, bigint>();
  let least = 0n;
  let largest = 1n;
  for (let at = ceiling.offsets[row]; at < ceiling.offsets[row + 1]; at++) {
    const value = BigInt(ceiling.coefficients[at]);
    rounded.set(ceiling.columns[at], value);
    if (value < 0n) least += value;
  }
  const bound = BigInt(ceiling.bounds[row]);
  if (bound <= least) return true; // every mask satisfies it
  for (const value of integers)
    if (value > largest || -value > largest) largest = value < 0n ? -value : value;
  // The largest coefficient takes 20 bits, or fewer where the row is long: candidates for −s beside `exponent`.
  const digits = largest.toString(2).length;
  for (let drop = digits - 22; drop <= digits + 12; drop++) {
    if (floorShift(lower, drop) + 1n < bound) continue;
    let holds = true;
    for (const [column, value] of exact) {
      if ((rounded.get(column) ?? 0n) >= ceilShift(value, drop)) continue;
      holds = false;
      break;
    }
    if (holds) return true;
  }
  return false;
}

/** ⌊value / 2^drop⌋; drop may be negative. */
function floorShift(value: bigint, drop: number): bigint {
  return drop >= 0 ? value >> BigInt(drop) : value << BigInt(-drop);
}

function ceilShift(value: bigint, drop: number): bigint {
  return -floorShift(-value, drop);
}

/**
 * Variables that every feasible mask has at 1 or at 0, by propagating integer rows until nothing follows any
 * more; `infeasible` where a row cannot hold. values: 0, 1, or 2 where nothing follows.
 */
export function propagate(
  problem: CsrMaskProblem,
  ceiling: IntegerProblem,
): { values: Uint8Array; infeasible: boolean } {
  const { variables, offsets, columns, coefficients, bounds } = ceiling;
  const values = new Uint8Array(variables).fill(FREE);
  for (let changed = true; changed;) {
    changed = false;
    for (let row = 0; row < bounds.length; row++) {
      let most = 0;
      let free = 0;
      for (let at = offsets[row]; at < offsets[row + 1]; at++) {
        const value = values[columns[at]];
        if (value === FREE) free++;
        if (value === 1 || (value === FREE && coefficients[at] > 0)) most += coefficients[at];
      }
      if (most < bounds[row]) return { values, infeasible: true };
      if (free === 0) {
        const terms = [-problem.lower[row]];
        for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
          if (values[problem.columns[at]] === 1) terms.push(problem.coefficients[at]);
        }
        if (exactSumSign(terms) !== 1) return { values, infeasible: true };
        continue;
      }
      for (let at = offsets[row]; at < offsets[row + 1]; at++) {
        if (values[columns[at]] !== FREE || most - Math.abs(coefficients[at]) >= bounds[row]) continue;
        values[columns[at]] = coefficients[at] > 0 ? 1 : 0;
        changed = true;
      }
    }
  }
  return { values, infeasible: false };
}

/**
 * The component's integer rows over its own variables. Forced variables stand at their value, all others at
 * whatever suits each row best: a relaxation whatever presolve did, so its minimum bounds the component's.
 */
export function componentRelaxation(
  ceiling: IntegerProblem,
  forced: Uint8Array,
  { variables, rows }: Pick<ComponentEvidence, 'variables' | 'rows'>,
): IntegerProblem {
  const local = new Map(variables.map((variable, index) => [variable, index]));
  const offsets = new Uint32Array(rows.length + 1);
  const columns: number[] = [];
  const coefficients: number[] = [];
  const bounds = new Float64Array(rows.length);
  rows.forEach((row, index) => {
    bounds[index] = ceiling.bounds[row];
    for (let at = ceiling.offsets[row]; at < ceiling.offsets[row + 1]; at++) {
      const variable = ceiling.columns[at];
      const value = ceiling.coefficients[at];
      const mine = local.get(variable);
      if (mine !== undefined) {
        columns.push(mine);
        coefficients.push(value);
      } else if (forced[variable] === 1 || (forced[variable] === FREE && value > 0)) bounds[index] -= value;
    }
    offsets[index + 1] = columns.length;
  });
  return {
    variables: variables.length,
    offsets,
    columns: Uint32Array.from(columns),
    coefficients: Int32Array.from(coefficients),
    bounds,
  };
}

/**
 * The component's rows on the doubles of the problem, relaxed in the same way. One more variable than the
 * component has stands for what is taken to be 1; it is always 1.
 */
export function componentRelaxedTruth(
  problem: CsrMaskProblem,
  forced: Uint8Array,
  { variables, rows }: Pick<ComponentEvidence, 'variables' | 'rows'>,
): CsrMaskProblem {
  const local = new Map(variables.map((variable, index) => [variable, index]));
  const offsets = new Uint32Array(rows.length + 1);
  const columns: number[] = [];
  const coefficients: number[] = [];
  rows.forEach((row, index) => {
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
      const variable = problem.columns[at];
      const mine = local.get(variable);
      const isOne = forced[variable] === 1 || (forced[variable] === FREE && problem.coefficients[at] > 0);
      if (mine === undefined && !isOne) continue;
      columns.push(mine ?? variables.length);
      coefficients.push(problem.coefficients[at]);
    }
    offsets[index + 1] = columns.length;
  });
  return {
    variables: variables.length + 1,
    offsets,
    columns: Uint32Array.from(columns),
    coefficients: Float64Array.from(coefficients),
    lower: Float64Array.from(rows, (row) => problem.lower[row]),
  };
}

/**
 * Does every truly feasible mask satisfy the clause? It must say that one of its variables differs from a
 * pattern (coefficient 1: from 0, −1: from 1), and some row must be unable to hold under that pattern, whatever
 * the other free variables are.
 */
export function clauseHolds(
  problem: CsrMaskProblem,
  forced: Uint8Array,
  { variables, rows }: Pick<ComponentEvidence, 'variables' | 'rows'>,
  clause: ExtraRow,
): boolean {
  const pattern = new Map<number, number>();
  let ones = 0;
  for (let at = 0; at < clause.columns.length; at++) {
    const column = clause.columns[at];
    const coefficient = clause.coefficients[at];
    if (!(column >= 0 && column < variables.length) || (coefficient !== 1 && coefficient !== -1))
      return false;
    if (pattern.has(variables[column])) return false;
    pattern.set(variables[column], coefficient === 1 ? 0 : 1);
    if (coefficient === -1) ones++;
  }
  if (clause.bound !== 1 - ones) return false;
  return rows.some((row) => {
    // A column may occur twice in a row of the problem; its entries are taken together.
    const free = new Map<number, number[]>();
    const terms = [-problem.lower[row]];
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
      const variable = problem.columns[at];
      const value = pattern.get(variable) ?? (forced[variable] === FREE ? undefined : forced[variable]);
      if (value === 1) terms.push(problem.coefficients[at]);
      else if (value === undefined) {
        const entries = free.get(variable);
        if (entries) entries.push(problem.coefficients[at]);
        else free.set(variable, [problem.coefficients[at]]);
      }
    }
    for (const entries of free.values()) if (exactSumSign(entries) === 1) terms.push(...entries);
    return exactSumSign(terms) !== 1;
  });
}
