import type { Cut } from './cuts.js';
import type { IntegerRow } from './exact-rows.js';
import { addUp, type System } from './system.js';
import type { Work } from './work.js';

export interface LemmaProof {
  kind: 'lemmas';
  cuts?: readonly Cut[];
  /** Rows and multipliers in turns; each list adds up to one row. */
  vectors: readonly (readonly number[])[];
  /**
   * Lemma by lemma: how many literals, the literals, then steps of how many literals, source, the literals that follow
   * from it; a step of none ends the lemma: its source cannot hold. Source 3i: row i; 3i + 1: vector i; 3i + 2: lemma i.
   */
  lemmas: readonly number[];
}

const FREE = 2;
/** Entries of added-up vectors that are kept for their next use: short vectors of long rows add up to much more than the file. */
const MOST_KEPT = 2_000_000;

/**
 * Why the lemmas do not show that the system has no 0/1 point; null where they do. A lemma is a clause: with all its literals
 * false, every step must follow from one row, sum of rows, or earlier lemma, until one cannot hold. The last one is empty.
 */
export async function refuteByLemmas(
  system: System,
  { vectors, lemmas }: LemmaProof,
  work: Work,
): Promise<string | null> {
  if (vectors.some((pairs) => pairs.some((row, at) => at % 2 === 0 && row >= system.rounded.length)))
    return 'a vector names a row that is not there';
  const values = new Uint8Array(system.columns).fill(FREE);
  for (const [column, value] of system.fixed) values[column] = value;
  const clauses: number[][] = [];
  const sums = new Map<number, IntegerRow>();
  let kept = 0;
  const source = (code: number): IntegerRow | number[] | null => {
    const index = Math.floor(code / 3);
    if (code % 3 === 2) return clauses[index] ?? null;
    if (code % 3 === 0) return system.rounded[index] ?? null;
    if (index >= vectors.length) return null;
    const known = sums.get(index);
    if (known) return known;
    const sum = addUp(system.rounded, vectors[index]);
    if (kept > MOST_KEPT) {
      sums.clear();
      kept = 0;
    }
    kept += sum.columns.length;
    sums.set(index, sum);
    return sum;
  };
  let at = 0;
  while (at < lemmas.length) {
    const wrong = (what: string): string => `lemma ${clauses.length}: ${what}`;
    const clause = lemmas.slice(at + 1, at + 1 + lemmas[at]);
    at += 1 + clause.length;
    const assigned: number[] = [];
    for (const literal of clause) {
      const column = literal >> 1;
      if (literal >= 2 * system.columns || values[column] === (literal & 1)) return wrong('no such literal');
      values[column] = 1 - (literal & 1);
      assigned.push(column);
    }
    for (let open = true; open;) {
      if (!(at + 1 < lemmas.length)) return wrong('it does not end');
      const count = lemmas[at];
      const follows = source(lemmas[at + 1]);
      if (follows === null) return wrong(`there is no source ${lemmas[at + 1]}`);
      if (work.due(10 * (Array.isArray(follows) ? follows.length : follows.columns.length) + 10))
        await work.turn();
      const literals = lemmas.slice(at + 2, at + 2 + count);
      if (literals.some((literal) => literal >= 2 * system.columns)) return wrong('no such literal');
      at += 2 + count;
      open = count > 0;
      const reason = Array.isArray(follows)
        ? clauseGives(follows, values, literals)
        : rowGives(follows, values, literals);
      if (reason !== null) return wrong(reason);
      for (const literal of literals) {
        values[literal >> 1] = literal & 1;
        assigned.push(literal >> 1);
      }
    }
    for (const column of assigned) values[column] = FREE;
    clauses.push(clause);
    if (clause.length === 0) return at === lemmas.length ? null : 'its lemmas go on after the empty one';
  }
  return 'its lemmas do not end with the empty one';
}

/** Must each literal hold, as the row cannot where it does not? No literal: the row cannot hold at all. */
function rowGives(
  { columns, values: entries, need }: IntegerRow,
  values: Uint8Array,
  literals: readonly number[],
): string | null {
  let most = 0n;
  const own = new Map<number, bigint>();
  for (let at = 0; at < columns.length; at++) {
    const value = values[columns[at]];
    if (value === 1 || (value === FREE && entries[at] > 0n)) most += entries[at];
    if (literals.length > 0) own.set(columns[at], entries[at]);
  }
  if (literals.length === 0) return most < need ? null : 'its source can still hold';
  for (const literal of literals) {
    const entry = own.get(literal >> 1);
    if (entry === undefined || values[literal >> 1] !== FREE) return `literal ${literal} does not follow`;
    // At the other value the row loses its entry, or gains none.
    const without = literal & 1 ? most - (entry > 0n ? entry : 0n) : most + (entry < 0n ? entry : 0n);
    if ((literal & 1 ? entry > 0n : entry < 0n) && without < need) continue;
    return `literal ${literal} does not follow`;
  }
  return null;
}

/** The one literal that is not false yet; no literal: all are. */
function clauseGives(
  clause: readonly number[],
  values: Uint8Array,
  literals: readonly number[],
): string | null {
  if (literals.length > 1) return 'a lemma gives one literal at most';
  const open = clause.filter((literal) => values[literal >> 1] !== 1 - (literal & 1));
  if (open.length === literals.length && open.every((literal, at) => literal === literals[at])) return null;
  return 'a step does not follow from its lemma';
}
