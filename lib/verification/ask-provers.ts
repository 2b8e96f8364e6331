import { throwIfAborted } from '../errors.js';
import { holds, type IntegerRow } from './exact-rows.js';
import type { Prover, ProverQuestion } from './prover.js';
import type { System } from './system.js';
import type { Work } from './work.js';

/** What provers say of one claim. */
export interface Word {
  /** Those that say that no point is left. */
  agree: Prover[];
  /** A point of the exact rows: the claim is false. */
  point: Uint8Array | null;
  /** Why others said nothing. */
  silent: string[];
}

/** What a point must be like beside the system's rows; provers are told sizes and costs in their own form. */
export interface Limits {
  atMost?: number;
  /** Adds rows that the question needs. */
  extra?: (system: System) => void;
  costs?: readonly number[];
  below?: number;
}

/** Points that only rounding lets through are cut off one by one, up to this number. */
const MOST_REFUTED = 500;
/** Sums in a row that provers take. */
const LARGEST_SUM = 2n ** 31n - 2n;
/** Seconds one prover may take over one claim, unless less is left. */
const PROVER_SECONDS = 60;

/**
 * Asks provers until two families agree, one of them exact. `system`: the rows without those of `limits`. Columns that
 * are fixed are given as rows.
 */
export async function askProvers(
  system: System,
  limits: Limits,
  provers: readonly Prover[],
  work: Work,
): Promise<Word> {
  const word: Word = { agree: [], point: null, silent: [] };
  const inOrder = [...provers].sort((a, b) => Number(b.exact) - Number(a.exact));
  for (const prover of inOrder) {
    if (word.agree.some(({ family }) => family === prover.family)) continue;
    const said = await ask(system, limits, prover, work);
    if (said === 'none') word.agree.push(prover);
    else if (typeof said === 'string') word.silent.push(said);
    else return { ...word, point: said };
    if (word.agree.length >= 2 && word.agree.some(({ exact }) => exact)) break;
  }
  return word;
}

async function ask(
  system: System,
  limits: Limits,
  prover: Prover,
  work: Work,
): Promise<'none' | Uint8Array | (string & {})> {
  const seconds = Math.min(PROVER_SECONDS, work.left / 1000);
  if (seconds <= 0) return `no time was left for ${prover.name}`;
  const limit = AbortSignal.timeout(Math.ceil(seconds * 1000));
  const signal = work.signal ? AbortSignal.any([work.signal, limit]) : limit;
  const rows = [...system.rounded];
  for (const [column, value] of system.fixed)
    rows.push({ columns: [column], values: [value ? 1n : -1n], need: BigInt(value) });
  for (let refuted = 0; refuted <= MOST_REFUTED; refuted++) {
    const question = questionOf(system.columns, rows, limits);
    if (question === null) return 'its rows are too large for provers';
    let answer;
    try {
      answer = await prover.refute(question, signal);
    } catch (error) {
      throwIfAborted(work.signal);
      return `${prover.name} failed: ${(error as Error).message}`;
    }
    throwIfAborted(work.signal);
    if (answer.says === 'none') return 'none';
    if (answer.says === 'nothing') return `${prover.name} gave no answer in the time it had`;
    const { mask } = answer;
    if (!isPoint(mask, system, rows, limits))
      return `${prover.name} names a point that breaks the rows it was given`;
    const broken = system.exact.find((row) => !holds(row, mask));
    if (broken === undefined) return mask;
    rows.push(refutation(broken, mask));
    if (work.due(1000 * rows.length)) await work.turn();
  }
  return `${prover.name} names more than ${MOST_REFUTED} points that only rounding lets through`;
}

function isPoint(
  mask: Uint8Array,
  { columns }: System,
  rows: readonly IntegerRow[],
  { atMost, costs, below }: Limits,
): boolean {
  if (mask.length !== columns || !mask.every((value) => value === 0 || value === 1)) return false;
  const ones = mask.reduce((sum, value) => sum + value, 0);
  const cost = costs ? mask.reduce((sum, value, column) => sum + value * costs[column], 0) : 0;
  if (ones > (atMost ?? Infinity) || !(cost < (below ?? Infinity))) return false;
  return rows.every((row) => holds(row, mask));
}

/** The row cannot hold unless a column changes that keeps it down: all of these are named. */
function refutation(row: IntegerRow, mask: ArrayLike<number>): IntegerRow {
  const columns = row.columns.filter((column, at) =>
    mask[column] ? row.values[at] < 0n : row.values[at] > 0n,
  );
  const ones = columns.filter((column) => mask[column]).length;
  return { columns, values: columns.map((column) => (mask[column] ? -1n : 1n)), need: BigInt(1 - ones) };
}

function questionOf(
  variables: number,
  rows: readonly IntegerRow[],
  { atMost, costs, below }: Limits,
): ProverQuestion | null {
  const offsets = new Uint32Array(rows.length + 1);
  const columns: number[] = [];
  const coefficients: number[] = [];
  const bounds = new Float64Array(rows.length);
  for (const [index, row] of rows.entries()) {
    let least = 0n;
    let most = 0n;
    for (const value of row.values) {
      if (value < 0n) least += value;
      else most += value;
    }
    if (most - least > LARGEST_SUM) return null;
    row.columns.forEach((column, at) => {
      columns.push(column);
      coefficients.push(Number(row.values[at]));
    });
    offsets[index + 1] = columns.length;
    // A need that every sum meets, or none does, is as good as the nearest such one.
    bounds[index] = Number(row.need <= least ? least : row.need > most ? most + 1n : row.need);
  }
  return {
    variables,
    offsets,
    columns: Uint32Array.from(columns),
    coefficients: Int32Array.from(coefficients),
    bounds,
    ...(atMost !== undefined && { atMost }),
    ...(costs && { costs: Int32Array.from(costs), below }),
  };
}
