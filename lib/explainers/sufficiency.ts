import type { Sufficiency } from '../api/sufficiency.js';
import { badOption } from '../errors.js';
import { bits } from '../solvers/solution-document.js';
import type { ExplainedOutput } from './target.js';

/** The network's outputs, one row per mask of cells or words (1: it stays, 0: the blank takes its place), in their order. */
export type MaskedOutputs = (
  masks: readonly Uint8Array[],
  signal?: AbortSignal,
) => Promise<ArrayLike<number>[]>;

/** What is asked of the network. */
export interface SufficiencyQuestion {
  outputs: MaskedOutputs;
  /** F of the whole input. */
  before: number;
  mask: Uint8Array;
  /** One per cell: those with higher ones are added first. */
  scores: ArrayLike<number>;
  explained: ExplainedOutput;
  /** Also the mask that keeps the class. */
  requireClass?: boolean;
  signal?: AbortSignal;
}

/**
 * Runs the network on an input of which only the mask is left. SMUG's proof is about the first layer; this says whether the rest
 * of the network, too, still sees the class.
 */
export async function sufficiencyOf(question: SufficiencyQuestion): Promise<Sufficiency> {
  const { outputs, before, mask, explained, requireClass, signal } = question;
  // Whoever stopped the solve still gets this: it is one run of the network.
  const [after] = await outputs([mask]);
  const sufficiency = {
    classKept: explained.holds(after),
    before,
    after: explained.valueOf(after),
  };
  if (!requireClass || signal?.aborted) return sufficiency;
  const extended = sufficiency.classKept
    ? { cells: mask, after: sufficiency.after }
    : await extendToClass(question).catch((error: unknown) => {
        if (signal?.aborted) return undefined;
        throw error;
      });
  if (extended === undefined) return sufficiency;
  return {
    ...sufficiency,
    extended: extended && {
      cells: bits(extended.cells),
      size: extended.cells.reduce((sum, cell) => sum + cell, 0),
      after: extended.after,
    },
  };
}

/** @throws RangeError that names `requireClass` where there is nothing that could be kept */
export function checkRequireClass({
  requireClass,
  output,
  relativeTo,
}: {
  requireClass?: boolean;
  output: string;
  relativeTo?: number;
}): void {
  if (requireClass && output === 'value' && relativeTo === undefined)
    throw badOption('requireClass', true, 'relativeTo beside it: a value by itself has no side to stay on');
}

/** Masks tried at once. */
const AT_ONCE = 32;
/** Masks between two that are known, at most: beyond that many cells they are first tried in even steps. */
const STEPS = 256;

/**
 * Adds cells to a mask from which the network does not read the class, the one with the highest score first (of equal ones the
 * first), until it does. Of more than 256 cells every n-th mask is tried first, and within the step that brings the class back
 * every one.
 * @returns null where even the whole input is read as another class
 */
async function extendToClass({
  outputs,
  mask,
  scores,
  explained,
  signal,
}: SufficiencyQuestion): Promise<{ cells: Uint8Array; after: number } | null> {
  const rest = [...mask.keys()].filter((cell) => !mask[cell]);
  rest.sort((a, b) => scores[b] - scores[a] || a - b);
  const withFirst = (count: number): Uint8Array => {
    const cells = mask.slice();
    for (let at = 0; at < count; at++) cells[rest[at]] = 1;
    return cells;
  };
  // With `without` cells added the class was not read; with those that were found it is.
  let without = 0;
  let found: { count: number; after: number } | null = null;
  for (;;) {
    // The whole input is the last mask that is tried; what was found is not tried again.
    const most = found === null ? rest.length : found.count - 1;
    const step = Math.ceil((most - without) / STEPS) || 1;
    const counts: number[] = [];
    for (let count = without + step; count < most; count += step) counts.push(count);
    if (most > without) counts.push(most);
    const first = await firstThatHolds(counts);
    if (first === null && found === null) return null;
    found = first ?? found!;
    if (step === 1) return { cells: withFirst(found.count), after: found.after };
    without = Math.max(without, found.count - step);
  }

  async function firstThatHolds(counts: readonly number[]): Promise<{ count: number; after: number } | null> {
    for (let first = 0; first < counts.length; first += AT_ONCE) {
      const part = counts.slice(first, first + AT_ONCE);
      const rows = await outputs(part.map(withFirst), signal);
      const at = rows.findIndex((row) => explained.holds(row));
      if (at >= 0) return { count: part[at], after: explained.valueOf(rows[at]) };
    }
    return null;
  }
}
