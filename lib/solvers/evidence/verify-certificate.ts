import { exactSumSign } from '../../masks/exact.js';
import { SmugError, throwIfAborted } from '../../errors.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { validateProblem } from '../../masks/validate.js';
import type { Prover } from '../provers/prover.js';
import { problemHash, type Certificate } from './certificate.js';
import { proveLeast, type ReproveOptions } from './prove-component.js';
import { readCertificate } from './read-certificate.js';
import {
  clauseHolds,
  componentRelaxation,
  componentRelaxedTruth,
  propagate,
  provenCeiling,
} from './relaxation.js';
import { SmallestMasks } from './smallest-parts.js';
import { emptyTally, record, type Tally } from './tally.js';
import { verifyCore, type CoreVerification } from './verify-core.js';
import { verifyHeaviest } from './verify-heaviest.js';

export interface VerifyOptions {
  /** Provers that prove again what no replayed argument shows. Default: none, so that it stays unproven. */
  backends?: readonly Prover[];
  /** Seconds an engine may take over one component. Default 60. */
  timeLimit?: number;
  signal?: AbortSignal;
}

export interface Verification {
  /**
   * `verified`: the mask holds and the bound was proven again. `partly`: nothing is wrong, but part of what
   * it says could not be proven here. `refused`: something the certificate says is false, see `failures`.
   */
  verdict: 'verified' | 'partly' | 'refused';
  failures: string[];
  rows: { checked: number };
  forced: { checked: number };
  /** How the bounds of components were confirmed. */
  components: Tally;
  /** The same for "no smallest mask is heavier", where it is claimed; components with unequal weights only. */
  heaviest?: Tally;
  /** What became of the claims about all smallest masks, where there are any. */
  core?: CoreVerification;
  /** Why claims stayed unproven. */
  reasons: string[];
}

/**
 * Replays a certificate without trusting the solver that wrote it: the hash, every row of the mask in exact
 * rational arithmetic, forced variables by propagation, and each component's bound by an exact argument or by
 * another engine ("one smaller is infeasible").
 *
 * @throws SmugError `BAD_CERTIFICATE` where the document is not a certificate.
 */
export async function verifyCertificate(json: unknown, options: VerifyOptions = {}): Promise<Verification> {
  const certificate = readCertificate(json);
  let problem: CsrMaskProblem;
  try {
    problem = await validateProblem(certificate.problem);
  } catch (cause) {
    throw new SmugError('BAD_CERTIFICATE', `The certificate's problem: ${(cause as Error).message}`, {
      cause,
    });
  }
  const verification: Verification = {
    verdict: 'refused',
    failures: [],
    rows: { checked: 0 },
    forced: { checked: 0 },
    components: emptyTally(certificate.components.length),
    reasons: [],
  };
  if (problemHash(problem) !== certificate.problemSha256) {
    verification.failures.push('The problem does not have the hash the certificate gives.');
  }
  checkMask(problem, certificate, verification);
  if (verification.failures.length === 0) await checkClaims(problem, certificate, verification, options);
  if (verification.failures.length === 0) {
    const { components, heaviest, core } = verification;
    const open = components.unproven + (heaviest?.unproven ?? 0) + (core?.components.unproven ?? 0);
    verification.verdict = open > 0 ? 'partly' : 'verified';
  }
  return verification;
}

function checkMask(
  problem: CsrMaskProblem,
  certificate: Certificate,
  { failures, rows }: Verification,
): void {
  const { mask, size, lowerBound, status } = certificate;
  if (mask === null) {
    if (status === 'optimal' || status === 'feasible')
      failures.push(`The status is ${status} without a mask.`);
    return;
  }
  if (status !== 'optimal' && status !== 'feasible') failures.push(`The status is ${status} with a mask.`);
  if (mask.length !== problem.variables || mask.some((value) => value !== 0 && value !== 1)) {
    failures.push(`The mask must be a list of ${problem.variables} zeros and ones.`);
    return;
  }
  const ones = mask.reduce((sum, value) => sum + value, 0);
  if (ones !== size) failures.push(`The mask has ${ones} ones, not ${size}.`);
  if (status === 'optimal' && lowerBound !== size) {
    failures.push(`The status is optimal, but the size is ${size} and the bound ${lowerBound}.`);
  }
  if (lowerBound > size) failures.push(`The bound ${lowerBound} is above the mask's size ${size}.`);
  const gap = size === 0 ? 0 : (size - lowerBound) / size;
  if (Math.abs(gap - certificate.gap) > 1e-12) {
    failures.push(`The gap of ${size} and ${lowerBound} is ${gap}, not ${certificate.gap}.`);
  }
  for (let row = 0; row < problem.lower.length; row++) {
    const terms = [-problem.lower[row]];
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
      if (mask[problem.columns[at]]) terms.push(problem.coefficients[at]);
    }
    if (exactSumSign(terms) !== 1) failures.push(`The mask breaks row ${row}.`);
    rows.checked++;
  }
}

async function checkClaims(
  problem: CsrMaskProblem,
  certificate: Certificate,
  verification: Verification,
  options: VerifyOptions,
): Promise<void> {
  const { failures, reasons } = verification;
  const ceiling = provenCeiling(problem);
  const { values: forced, infeasible } = propagate(problem, ceiling);
  const reprove: ReproveOptions = {
    backends: options.backends ?? [],
    signal: options.signal,
    timeLimit: options.timeLimit ?? 60,
  };
  await checkBound(problem, certificate, { ceiling, forced, infeasible }, verification, reprove);
  if (failures.length > 0 || (!certificate.heaviest && !certificate.core)) return;
  if (certificate.status !== 'optimal' || infeasible) {
    failures.push(`All smallest masks are spoken of, but the status is ${certificate.status}.`);
    return;
  }
  const smallest = new SmallestMasks(problem, certificate, ceiling, forced);
  if (certificate.heaviest)
    verification.heaviest = await verifyHeaviest(smallest, reprove, failures, reasons);
  if (certificate.core && failures.length === 0)
    verification.core = await verifyCore(smallest, reprove, failures, reasons);
}

async function checkBound(
  problem: CsrMaskProblem,
  certificate: Certificate,
  { ceiling, forced, infeasible }: { ceiling: IntegerProblem; forced: Uint8Array; infeasible: boolean },
  verification: Verification,
  options: ReproveOptions,
): Promise<void> {
  const { failures, reasons } = verification;
  const { components, ones, status, lowerBound } = certificate;
  if (infeasible) {
    if (status !== 'infeasible') failures.push('A row cannot hold, but the status is not infeasible.');
    return;
  }
  const owner = new Set<number>(ones);
  if (owner.size !== ones.length) failures.push('A forced variable is listed twice.');
  for (const variable of ones) {
    if (forced[variable] !== 1) failures.push(`Variable ${variable} is not forced to 1.`);
    verification.forced.checked++;
  }
  let total = ones.length;
  for (const component of components) {
    for (const variable of component.variables) {
      if (owner.has(variable)) failures.push(`Variable ${variable} is counted twice.`);
      owner.add(variable);
    }
    total += component.lowerBound;
  }
  if (status === 'infeasible') {
    if (!components.some((component) => component.infeasible)) {
      failures.push('The status is infeasible, but neither a row nor a component shows it.');
    }
  } else if (components.some((component) => component.infeasible)) {
    failures.push(`A component is infeasible, but the status is ${status}.`);
  } else if (total !== lowerBound) {
    failures.push(`Forced variables and components add up to ${total}, not to the bound ${lowerBound}.`);
  }
  if (failures.length > 0) return;
  for (const [index, component] of components.entries()) {
    throwIfAborted(options.signal);
    if (status === 'infeasible' && !component.infeasible) continue;
    const loose = component.cuts.findIndex((clause) => !clauseHolds(problem, forced, component, clause));
    if (loose >= 0) {
      failures.push(`Component ${index}: its clause ${loose} does not follow from any of its rows.`);
      continue;
    }
    const outcome = await proveLeast(
      {
        problem: componentRelaxation(ceiling, forced, component),
        truth: componentRelaxedTruth(problem, forced, component),
        least: component.infeasible ? Infinity : component.lowerBound,
        dual: component.dual,
        clauses: component.cuts,
        proofs: component.proofs,
      },
      options,
    );
    const told = record(verification.components, outcome);
    if (told.failure) failures.push(`Component ${index}: ${told.failure}.`);
    if (told.reason)
      reasons.push(`Component ${index} (${component.variables.length} variables): ${told.reason}.`);
  }
}
