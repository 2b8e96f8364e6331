import { mostOf, roundedRow, type ExactRow, type IntegerRow } from './exact-rows.js';

/** "Not all of these columns have these values": it follows from the row that could not hold if they had. */
export interface Clause {
  /** Of the component's rows. */
  row: number;
  columns: readonly number[];
  values: readonly number[];
}

/**
 * Rows over the columns of one component, all of which a mask with a certain property would satisfy. What the
 * certificate claims is always that no 0/1 point satisfies them all: a smaller mask, a mask that differs here, a
 * heavier one. Rows count in the order: the component's, clauses, rows added for the question, cuts.
 */
export class System {
  /** In exact arithmetic. */
  readonly exact: IntegerRow[];
  /** The component's rows rounded to the certificate's scales; all others are the same as in `exact`. */
  readonly rounded: IntegerRow[];
  /** Columns that stand at a value from the start. */
  readonly fixed = new Map<number, 0 | 1>();
  /** Where the row "at most `most` ones" stands, and `most`; null without it. */
  size: { row: number; most: number } | null = null;

  constructor(
    readonly columns: number,
    exact: readonly IntegerRow[],
    rounded: readonly IntegerRow[],
  ) {
    this.exact = [...exact];
    this.rounded = [...rounded];
  }

  copy(): System {
    const copy = new System(this.columns, this.exact, this.rounded);
    for (const [column, value] of this.fixed) copy.fixed.set(column, value);
    return copy;
  }

  add(row: IntegerRow): number {
    this.exact.push(row);
    return this.rounded.push(row) - 1;
  }

  /** At most `most` ones. */
  limitSize(most: number): void {
    const columns = Array.from({ length: this.columns }, (_, column) => column);
    const row = this.add({ columns, values: columns.map(() => -1n), need: BigInt(-most) });
    this.size = { row, most };
  }

  /** Σ costs·M < below */
  limitCost(costs: readonly number[], below: number): void {
    const columns = costs.flatMap((cost, column) => (cost === 0 ? [] : [column]));
    this.add({ columns, values: columns.map((column) => BigInt(-costs[column])), need: BigInt(1 - below) });
  }

  /** In at least one of these columns another value than the mask's. */
  differ(mask: ArrayLike<number>, columns: readonly number[]): void {
    const values = columns.map((column) => (mask[column] ? -1n : 1n));
    const ones = columns.filter((column) => mask[column]).length;
    this.add({ columns: [...columns], values, need: BigInt(1 - ones) });
  }

  addClause({ columns, values }: Clause): void {
    const ones = values.filter((value) => value === 1).length;
    this.add({
      columns: [...columns],
      values: values.map((value) => (value === 1 ? -1n : 1n)),
      need: BigInt(1 - ones),
    });
  }
}

/**
 * A row over the component's columns only. Variables outside stand at their value where `outside` knows one, else
 * at whatever suits the row: no mask is lost.
 */
export function narrowed(
  row: IntegerRow,
  local: ReadonlyMap<number, number>,
  outside: (variable: number) => 0 | 1 | undefined,
): IntegerRow {
  const columns: number[] = [];
  const values: bigint[] = [];
  let { need } = row;
  row.columns.forEach((variable, at) => {
    const value = row.values[at];
    const column = local.get(variable);
    if (column !== undefined) {
      columns.push(column);
      values.push(value);
    } else if (outside(variable) ?? (value > 0n ? 1 : 0)) need -= value;
  });
  return { columns, values, need };
}

/** The rows of a component, narrowed; `scales` of these rows. */
export function componentSystem(
  columns: number,
  rows: readonly ExactRow[],
  scales: readonly number[],
  local: ReadonlyMap<number, number>,
  outside: (variable: number) => 0 | 1 | undefined,
): System {
  return new System(
    columns,
    rows.map((row) => narrowed(row, local, outside)),
    rows.map((row, at) => narrowed(roundedRow(row, scales[at]), local, outside)),
  );
}

/** Does the clause follow: can its row not hold under the pattern it forbids? */
export function clauseFollows({ columns, values }: Clause, source: IntegerRow): boolean {
  const pattern = new Map(columns.map((column, at) => [column, values[at]]));
  if (pattern.size !== columns.length) return false;
  let most = mostOf(source);
  source.columns.forEach((column, at) => {
    const value = source.values[at];
    const fixed = pattern.get(column);
    if (fixed === 1 && value < 0n) most += value;
    else if (fixed === 0 && value > 0n) most -= value;
  });
  return most < source.need;
}

/** Rows with multipliers, [row, multiplier, row, multiplier, …], as one row. The rows must be there. */
export function addUp(rows: readonly IntegerRow[], pairs: readonly number[]): IntegerRow {
  // A row that is named again and again costs its entries once.
  const factors = new Map<number, bigint>();
  for (let at = 0; at < pairs.length; at += 2)
    factors.set(pairs[at], (factors.get(pairs[at]) ?? 0n) + BigInt(pairs[at + 1]));
  const sums = new Map<number, bigint>();
  let need = 0n;
  for (const [index, factor] of factors) {
    const row = rows[index];
    need += factor * row.need;
    for (let at = 0; at < row.columns.length; at++)
      sums.set(row.columns[at], (sums.get(row.columns[at]) ?? 0n) + factor * row.values[at]);
  }
  return { columns: [...sums.keys()], values: [...sums.values()], need };
}
