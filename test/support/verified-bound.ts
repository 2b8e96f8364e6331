// Evidence of a bound as the verifier sees it: written down as certificates have it, then checked by code that shares nothing.
import type { IntegerProblem } from '../../dist/masks/integer-rows.js';
import type { BoundEvidence } from '../../dist/solvers/bound-evidence.js';
import { boundProof } from '../../dist/solvers/evidence/component-proof.js';
import type { IntegerRow } from '../../dist/verification/exact-rows.js';
import { proveEmpty } from '../../dist/verification/prove.js';
import { System } from '../../dist/verification/system.js';
import { Work } from '../../dist/verification/work.js';

export const work = (): Work => new Work(Infinity, undefined);

/** Integer rows in the verifier's own form. */
export function verifierRows({ offsets, columns, coefficients, bounds }: IntegerProblem): IntegerRow[] {
  return Array.from(bounds, (need, row) => ({
    columns: Array.from(columns.subarray(offsets[row], offsets[row + 1])),
    values: Array.from(coefficients.subarray(offsets[row], offsets[row + 1]), BigInt),
    need: BigInt(need),
  }));
}

/** Null where the verifier finds that the evidence shows "at least `bound` ones"; else why not. */
export async function misfitOfBound(
  problem: IntegerProblem,
  evidence: BoundEvidence,
  bound: number,
): Promise<string | null> {
  if (bound <= 0) return null;
  const none = { variables: 1, offsets: Uint32Array.of(0), columns: new Uint32Array(0) };
  const doubles = { ...none, coefficients: new Float64Array(0), lower: new Float64Array(0) };
  const proof = boundProof({ integers: problem, doubles, clauses: [] }, bound - 1, evidence, { left: 0 });
  if (proof === undefined) return 'it does not add up to the bound';
  const rows = verifierRows(problem);
  const means = { provers: [], nodes: { left: 5_000_000 }, work: work() };
  const standing = await proveEmpty(
    new System(problem.variables, rows, rows),
    { atMost: bound - 1 },
    proof,
    means,
  );
  return standing.by === 'exact' ? null : 'reason' in standing ? standing.reason : standing.by;
}
