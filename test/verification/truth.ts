// Whether what a certificate of at most 20 variables claims is true of the problem in it, by going through all masks.
import type { Certificate } from '../../dist/api/certificate.js';
import { bruteForce, feasibleMasks, maskNumber } from '../support/brute-force.js';

/** Null where everything claimed is true; else what is not. */
export function falsehoodOf(certificate: Certificate): string | null {
  const { problem, status, mask, size, lowerBound, core } = certificate;
  const truth = bruteForce(problem);
  if (status === 'infeasible') return truth.status === 'infeasible' ? null : 'it has a mask';
  if (truth.status === 'optimal' && lowerBound > truth.size) return `a mask has ${truth.size} ones`;
  if (mask === null) return null;
  if (!feasibleMasks(problem)[maskNumber(Uint8Array.from(mask))]) return 'the mask breaks a row';
  if (mask.reduce((sum, value) => sum + value, 0) !== size) return 'the mask has another size';
  if (status === 'optimal' && size !== truth.size) return `a mask has ${truth.size} ones`;
  if (core) {
    for (const [variable, role] of core.roles.entries()) {
      const having = truth.smallest.filter((number) => (number >> variable) & 1).length;
      const known = having === 0 ? 0 : having === truth.smallest.length ? 2 : 1;
      if (core.proven[variable] && role !== known) return `variable ${variable} has the role ${known}`;
    }
  }
  return heavier(certificate, truth.smallest);
}

/** A smallest mask that is heavier by more than rounding explains. */
function heavier(
  { problem, components, heaviest, mask }: Certificate,
  smallest: readonly number[],
): string | null {
  if (heaviest !== 'proven') return null;
  const weights = Array.from(problem.weights!);
  for (const { variables, lowerBound } of components) {
    const own = variables.map((variable) => weights[variable]);
    const slack = (2 * lowerBound * (Math.max(...own) - Math.min(...own))) / (2 ** 20 - 1);
    const weigh = (has: (variable: number) => boolean) =>
      variables.reduce((sum, variable) => sum + (has(variable) ? weights[variable] : 0), 0);
    const ours = weigh((variable) => mask![variable] === 1);
    const best = Math.max(...smallest.map((number) => weigh((variable) => ((number >> variable) & 1) === 1)));
    if (best - ours > slack * (1 + 1e-9) + 1e-9 * Math.abs(best))
      return `a smallest mask weighs ${best - ours} more`;
  }
  return null;
}
