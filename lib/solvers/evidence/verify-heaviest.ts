import { throwIfAborted } from '../../errors.js';
import { costOf } from '../../masks/mask-cost.js';
import { fixColumns } from '../choice/fix-columns.js';
import { atMost, withRows } from '../../masks/extra-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { weightCosts } from '../choice/tie-break.js';
import { proveLeast, type Confirmation, type ReproveOptions } from './prove-component.js';
import type { SmallestMasks } from './smallest-parts.js';
import { emptyTally, record, type Tally } from './tally.js';

/**
 * Replays the claim that no smallest mask is heavier: in every component said to be proven, each mask of its size
 * costs at least as much as the certificate's, with costs computed here from the problem's weights.
 */
export async function verifyHeaviest(
  smallest: SmallestMasks,
  options: ReproveOptions,
  failures: string[],
  reasons: string[],
): Promise<Tally> {
  const { certificate, problem } = smallest;
  const tally = emptyTally(0);
  if (problem.weights === undefined) {
    failures.push('A heaviest mask is claimed, but the problem has no weights.');
    return tally;
  }
  for (const [index, component] of certificate.components.entries()) {
    throwIfAborted(options.signal);
    const { heaviest } = component;
    const label = `Heaviest mask, component ${index}`;
    if (certificate.heaviest === 'proven' && heaviest?.proven === false) {
      failures.push(`${label}: unproven, but the whole is said to be proven.`);
    }
    const costs = weightCosts(Float64Array.from(component.variables, (j) => problem.weights![j]));
    const part = smallest.part(index);
    const cost = costs ? costOf(part.mask, costs) : 0;
    if (heaviest !== undefined && heaviest.cost !== cost) {
      failures.push(`${label}: the mask costs ${cost}, not ${heaviest.cost}.`);
      continue;
    }
    if (costs === null || !(heaviest?.proven ?? certificate.heaviest === 'proven')) continue;
    tally.count++;
    const outcome = await provePart(smallest, index, costs, options);
    const told = record(tally, outcome);
    if (told.failure) failures.push(`${label}: ${told.failure}.`);
    if (told.reason) reasons.push(`${label} (${component.variables.length} variables): ${told.reason}.`);
  }
  return tally;
}

/** Where the certificate names columns that no smallest mask changes, and that is so, only the others are free. */
async function provePart(
  smallest: SmallestMasks,
  index: number,
  costs: Int32Array,
  options: ReproveOptions,
): Promise<Confirmation> {
  const { component, relaxation, truth, mask } = smallest.part(index);
  const same = component.core?.same ?? [];
  const settled = same.length > 0 ? await smallest.unchanged(index, same, options) : null;
  if (settled?.by === 'refuted') return settled;
  const fixed = new Set(settled === null || settled.by === 'none' ? [] : same);
  const rows = withRows(relaxation, [...component.cuts, atMost(mask.length, component.lowerBound)]);
  const { problem, free } = fixColumns(rows, mask, fixed);
  const own = Int32Array.from(free, (column) => costs[column]);
  const outcome = await proveLeast(
    {
      problem,
      truth: fixTrueColumns(truth, mask, free),
      least: costOf(
        Uint8Array.from(free, (column) => mask[column]),
        own,
      ),
      costs: own,
      clauses: [],
      proofs: component.heaviest?.proofs ?? [],
    },
    options,
  );
  // What rests on one engine for the columns does so for the whole.
  const weaker =
    settled !== null && 'independent' in settled && !('independent' in outcome && settled.independent);
  return weaker && outcome.by !== 'none' && outcome.by !== 'refuted' ? settled : outcome;
}

/** The rows on doubles over the free columns; what is fixed at 1 joins the constant one at the end. */
function fixTrueColumns(truth: CsrMaskProblem, mask: Uint8Array, free: readonly number[]): CsrMaskProblem {
  const position = new Int32Array(mask.length + 1).fill(-1);
  free.forEach((column, j) => (position[column] = j));
  const offsets = new Uint32Array(truth.offsets.length);
  const columns: number[] = [];
  const coefficients: number[] = [];
  for (let row = 0; row < truth.lower.length; row++) {
    for (let at = truth.offsets[row]; at < truth.offsets[row + 1]; at++) {
      const column = truth.columns[at];
      const fixed = position[column] < 0;
      if (fixed && column < mask.length && !mask[column]) continue;
      columns.push(fixed ? free.length : position[column]);
      coefficients.push(truth.coefficients[at]);
    }
    offsets[row + 1] = columns.length;
  }
  return {
    variables: free.length + 1,
    offsets,
    columns: Uint32Array.from(columns),
    coefficients: Float64Array.from(coefficients),
    lower: truth.lower,
  };
}
