import { setImmediate } from 'node:timers/promises';
import { withRows } from '../../masks/extra-rows.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import { Random } from '../../random.js';
import type { RowCut } from '../bound-evidence.js';
import { separateSum } from './cut-separation.js';
import type { LemmaSearch, MakeLemmaSearch } from './lemma-search.js';
import { RowNeighbours } from './row-neighbours.js';

/** Rounds of cuts at most; and the least a round must lift the relaxation by, or it was the last but one. */
const ROUNDS = 5;
const LEAST_GAIN = 0.1;
const PATIENCE = 1;
/** A cut must be violated by this much, relative to its length. */
const DEPTH = 0.01;
/** More rows than this share of the component's make every pivot slower than they save. */
const MOST_CUTS = 0.6;
const SLACK = 1e-6;

/**
 * Lifted cover cuts of single rows, and of sums of neighbouring rows, that lift the linear relaxation of a component:
 * at its exact vertex, round by round. Those that are not tight at the end are left out.
 */
export async function rootCuts(
  component: IntegerProblem,
  make: () => MakeLemmaSearch,
  target: number,
  signal: AbortSignal,
): Promise<RowCut[]> {
  const neighbours = new RowNeighbours(component);
  const random = new Random(1);
  const known = new Set<string>();
  const weights = new Float64Array(component.bounds.length).fill(1);
  let cuts: RowCut[] = [];
  let best = 0;
  let idle = 0;
  let point = vertexOf(make()(component, target, false));
  for (let round = 0; round < ROUNDS && point.length > 0 && !signal.aborted; round++) {
    const found: { cut: RowCut; depth: number }[] = [];
    for (let row = 0; row < component.bounds.length; row++) {
      const sum = neighbours.sum(row, weights, random);
      for (const source of [{ rows: [row], times: [1] }, ...(sum ? [sum] : [])]) {
        const cut = separateSum(component, source, point, DEPTH);
        if (cut === null) continue;
        const key = `${cut.columns.join()} ${cut.coefficients.join()} ${cut.bound}`;
        if (known.has(key)) continue;
        known.add(key);
        found.push({ cut, depth: violation(cut, point) });
      }
      if (row % 32 === 31) await setImmediate();
    }
    if (found.length === 0) break;
    found.sort((a, b) => b.depth - a.depth);
    const most = Math.max(20, Math.floor(MOST_CUTS * component.bounds.length));
    cuts = [...cuts, ...found.slice(0, most).map(({ cut }) => cut)];
    point = vertexOf(make()(withRows(component, cuts), target, false));
    if (point.length === 0) break;
    cuts = cuts.filter((cut) => violation(cut, point) > -SLACK).slice(0, most);
    const value = point.reduce((total, x) => total + x, 0);
    idle = value > best + LEAST_GAIN ? 0 : idle + 1;
    best = Math.max(best, value);
    if (idle >= PATIENCE) break;
  }
  return cuts;
}

/** Where the relaxation is least; the search has no other use. */
function vertexOf(search: LemmaSearch): Float64Array {
  const point = search.relaxation();
  search.end();
  return point;
}

/** By how much the point breaks the cut, relative to its length. */
function violation({ columns, coefficients, bound }: RowCut, point: Float64Array): number {
  let left = 0;
  let norm = 0;
  columns.forEach((column, at) => {
    left += coefficients[at] * point[column];
    norm += coefficients[at] ** 2;
  });
  return (bound - left) / Math.sqrt(norm);
}
