import { throwIfAborted } from '../../errors.js';
import { costOf } from '../choice/cost.js';
import { atMost } from '../choice/minimal-masks.js';
import { weightCosts } from '../choice/tie-break.js';
import { proveLeast, type ReproveOptions } from './prove-component.js';
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
    const { relaxation, truth, mask } = part;
    const outcome = await proveLeast(
      {
        problem: relaxation,
        truth,
        least: cost,
        costs,
        clauses: [...component.cuts, atMost(mask.length, component.lowerBound)],
        proofs: heaviest?.proofs ?? [],
      },
      options,
    );
    const told = record(tally, outcome);
    if (told.failure) failures.push(`${label}: ${told.failure}.`);
    if (told.reason) reasons.push(`${label} (${mask.length} variables): ${told.reason}.`);
  }
  return tally;
}
