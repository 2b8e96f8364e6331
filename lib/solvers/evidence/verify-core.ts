import { throwIfAborted } from '../../errors.js';
import { exactSumSign } from '../../masks/exact.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { CellRole } from '../choice/core.js';
import type { ReproveOptions } from './prove-component.js';
import type { SmallestMasks } from './smallest-parts.js';
import { emptyTally, record, type Tally } from './tally.js';

/** What became of the claims about all smallest masks. */
export interface CoreVerification {
  /** Cells by claim; those that the certificate itself leaves open are in none of them. */
  claims: { every: number; some: number; none: number; open: number };
  /** Masks that show the claims `some`; each was checked in exact arithmetic. */
  witnesses: number;
  /** Components whose claims `every` and `none` were refuted otherwise: "no smallest mask differs here". */
  components: Tally;
}

/**
 * Replays a core. `some` is shown by two smallest masks that differ there; `every` and `none` by the refutation of
 * a smallest mask that differs from the certificate's in any such cell of the component. Outside the components
 * nothing is left to prove once the bound is.
 */
export async function verifyCore(
  smallest: SmallestMasks,
  options: ReproveOptions,
  failures: string[],
  reasons: string[],
): Promise<CoreVerification> {
  const { certificate, problem, values } = smallest;
  const { roles, proven } = certificate.core!;
  const mask = certificate.mask!;
  const verification: CoreVerification = {
    claims: { every: 0, some: 0, none: 0, open: 0 },
    witnesses: 0,
    components: emptyTally(0),
  };
  const differ = checkWitnesses(problem, mask, certificate.witnesses ?? [], failures);
  verification.witnesses = certificate.witnesses?.length ?? 0;
  const inside = new Uint8Array(roles.length);
  for (const { variables } of certificate.components) for (const variable of variables) inside[variable] = 1;
  roles.forEach((role, variable) => {
    if (!proven[variable]) {
      verification.claims.open++;
      return;
    }
    const name = ROLE_NAMES[role];
    verification.claims[name]++;
    const expected = differ[variable] ? 'some' : mask[variable] ? 'every' : 'none';
    const known = inside[variable] ? expected : values[variable] === 1 ? 'every' : 'none';
    if (name !== expected || name !== known) {
      failures.push(
        `Core, variable ${variable}: said to be in ${name} of the smallest masks; the masks given show ${known}.`,
      );
    }
  });
  if (failures.length > 0) return verification;
  for (const [index, component] of certificate.components.entries()) {
    throwIfAborted(options.signal);
    const same: number[] = [];
    component.variables.forEach((variable, j) => {
      if (proven[variable] && roles[variable] !== CellRole.some) same.push(j);
    });
    if (same.length === 0) continue;
    verification.components.count++;
    const outcome = await smallest.unchanged(index, same, options);
    const told = record(verification.components, outcome);
    if (told.failure) failures.push(`Core, component ${index}: a smallest mask differs from the claims.`);
    if (told.reason)
      reasons.push(`Core, component ${index} (${component.variables.length} variables): ${told.reason}.`);
  }
  return verification;
}

const ROLE_NAMES = ['none', 'some', 'every'] as const;

/** Checks that every witness is a smallest mask; tells where some of them differ from the mask. */
function checkWitnesses(
  problem: CsrMaskProblem,
  mask: readonly number[],
  witnesses: readonly (readonly number[])[],
  failures: string[],
): Uint8Array {
  const differ = new Uint8Array(mask.length);
  const rowsOf = rowsOfVariables(problem);
  witnesses.forEach((changed, index) => {
    const other = Uint8Array.from(mask);
    let grown = 0;
    const touched = new Set<number>();
    for (const variable of changed) {
      other[variable] ^= 1;
      grown += other[variable] ? 1 : -1;
      differ[variable] = 1;
      for (const row of rowsOf[variable]) touched.add(row);
    }
    if (new Set(changed).size !== changed.length || grown !== 0) {
      failures.push(`Witness ${index} of the core is no smallest mask: it has another size.`);
    }
    // All other rows hold as they do for the mask itself.
    for (const row of touched) {
      const terms = [-problem.lower[row]];
      for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
        if (other[problem.columns[at]]) terms.push(problem.coefficients[at]);
      }
      if (exactSumSign(terms) !== 1) failures.push(`Witness ${index} of the core breaks row ${row}.`);
    }
  });
  return differ;
}

function rowsOfVariables({ variables, offsets, columns, lower }: CsrMaskProblem): number[][] {
  const rows = Array.from({ length: variables }, (): number[] => []);
  for (let row = 0; row < lower.length; row++) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) rows[columns[at]].push(row);
  }
  return rows;
}
