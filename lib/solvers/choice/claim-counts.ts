import type { ClaimCounts, SolveReport } from '../report.js';
import type { Proof } from '../proof.js';
import { CellRole } from './core.js';
import type { CoreOfParts } from './mask-core.js';
import type { HeaviestMask } from './preference.js';
import type { Ranking } from './ranked-masks.js';

/** What claims beyond the optimum itself rest on; null where none were made. */
export function claimCounts({
  heaviest,
  core,
  ranking,
}: {
  heaviest: HeaviestMask | null;
  core: CoreOfParts | null;
  ranking: Ranking | null;
}): SolveReport['claims'] | null {
  if (heaviest === null && core === null && ranking === null) return null;
  const claims: SolveReport['claims'] = {};
  if (heaviest !== null) {
    claims.heaviest = count(
      // The core narrows what is left to choose: where that was gone through, the claim rests on the core.
      heaviest.parts.map(({ proven, proofs, core: used }) => ({
        proven,
        proofs: used !== undefined && proofs.every(({ by }) => by === 'enumeration') ? used.proofs : proofs,
      })),
    );
  }
  if (core !== null) {
    claims.core = count(
      core.parts.map(({ roles, proven, proofs }) => ({
        proven: !proven.includes(0),
        // `some` is shown by masks that were checked.
        proofs: roles.some((role) => role !== CellRole.some) ? proofs : [],
      })),
    );
  }
  if (ranking !== null) claims.solutions = count(ranking.answers);
  return claims;
}

/** Our own searches in integer arithmetic, and bounds that were evaluated exactly. */
const CHECKED: readonly Proof['by'][] = ['enumeration', 'rows', 'dual', 'blocks', 'lemmas'];

function count(parts: readonly { proven: boolean; proofs: readonly Proof[] }[]): ClaimCounts {
  const counts: ClaimCounts = { checked: 0, twoProvers: 0, oneProver: 0, unproven: 0 };
  for (const { proven, proofs } of parts) {
    if (!proven) counts.unproven++;
    else if (proofs.length === 0 || proofs.some(({ by }) => CHECKED.includes(by))) counts.checked++;
    else if (new Set(proofs.map(({ by }) => by)).size === 1) counts.oneProver++;
    else counts.twoProvers++;
  }
  return counts;
}
