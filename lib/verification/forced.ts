import { exactRow, mostOf, type ExactRow } from './exact-rows.js';
import type { GivenProblem } from './problem-hash.js';
import type { Work } from './work.js';

/** "This row needs the variable at this value, once the steps before have been taken." */
export interface ForcedStep {
  variable: number;
  value: 0 | 1;
  row: number;
}

/**
 * Replays variables that every feasible mask has at 1, or at 0, step by step in exact arithmetic: with the variable at its other
 * value, and all others that are not fixed yet at whatever suits the row best, the row cannot hold. Every entry
 * of a row that is named is looked at twice, so the work is proportional to the problem and the steps.
 */
export class Forced {
  readonly values = new Map<number, 0 | 1>();
  readonly failures: string[] = [];
  /** Largest sum that rows can still reach. */
  readonly #most = new Map<number, bigint>();
  readonly #rows = new Map<number, ExactRow>();
  readonly #rowsOf = new Map<number, { row: number; value: bigint }[]>();

  private constructor() {}

  /** `conflict`: the row that cannot hold after all steps, where one is said to be. */
  static async replay(
    problem: GivenProblem,
    steps: readonly ForcedStep[],
    conflict: number | undefined,
    work: Work,
  ): Promise<Forced> {
    const forced = new Forced();
    const named = new Set(steps.map(({ row }) => row));
    if (conflict !== undefined) named.add(conflict);
    for (const row of named) {
      if (work.due(20 * problem.rows[row].columns.length + 1)) await work.turn();
      forced.#add(row, exactRow(problem.rows[row]));
    }
    for (const [index, step] of steps.entries()) {
      if (work.due(forced.#rowsOf.get(step.variable)?.length ?? 1)) await work.turn();
      forced.#take(index, step);
      if (forced.failures.length > 0) return forced;
    }
    if (conflict !== undefined && forced.#most.get(conflict)! >= forced.#rows.get(conflict)!.need)
      forced.failures.push(`Row ${conflict} is said to be impossible, but it can hold.`);
    return forced;
  }

  #add(row: number, exact: ExactRow): void {
    this.#rows.set(row, exact);
    this.#most.set(row, mostOf(exact));
    exact.columns.forEach((variable, at) => {
      const entries = this.#rowsOf.get(variable);
      const entry = { row, value: exact.values[at] };
      if (entries) entries.push(entry);
      else this.#rowsOf.set(variable, [entry]);
    });
  }

  #take(index: number, { variable, value, row }: ForcedStep): void {
    const entries = this.#rowsOf.get(variable) ?? [];
    const own = entries.find((entry) => entry.row === row)?.value ?? 0n;
    // At the other value the row loses the entry, where that value is the worse one for it.
    const lost = value === 1 ? (own > 0n ? own : 0n) : own < 0n ? -own : 0n;
    if (this.values.has(variable))
      this.failures.push(`Forced step ${index}: variable ${variable} is forced twice.`);
    else if (this.#most.get(row)! - lost >= this.#rows.get(row)!.need)
      this.failures.push(`Forced step ${index}: row ${row} does not force variable ${variable} to ${value}.`);
    this.values.set(variable, value);
    for (const entry of entries) {
      const change =
        value === 1 ? (entry.value < 0n ? entry.value : 0n) : entry.value > 0n ? -entry.value : 0n;
      if (change !== 0n) this.#most.set(entry.row, this.#most.get(entry.row)! + change);
    }
  }
}
