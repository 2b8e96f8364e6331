import { exactSumSign } from '../../masks/exact.js';
import { SmugError, throwIfAborted } from '../../errors.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { validateProblem } from '../../masks/validate.js';
import type { ComponentBackend } from '../component-backend.js';
import { problemHash, type Certificate } from './certificate.js';
import { proveComponent } from './prove-component.js';
import {
  clauseHolds,
  componentRelaxation,
  componentRelaxedTruth,
  propagate,
  provenCeiling,
} from './relaxation.js';

export interface VerifyOptions {
  /** Engines that prove again what no replayed argument shows. Default: none, so that it stays unproven. */
  backends?: readonly ComponentBackend[];
  /** Seconds an engine may take over one component. Default 60. */
  timeLimit?: number;
  signal?: AbortSignal;
}

export interface Verification {
  /**
   * `verified`: the mask holds and the bound was proven again. `partly`: nothing is wrong, but part of the bound
   * could not be proven here. `refused`: something the certificate says is false, see `failures`.
   */
  verdict: 'verified' | 'partly' | 'refused';
  failures: string[];
  rows: { checked: number };
  forced: { checked: number };
  /** Components whose bound was replayed exactly (rows, dual, enumeration), re-proven by engine, or not shown. */
  components: {
    count: number;
    replayed: { rows: number; dual: number; blocks: number; enumeration: number };
    reproven: Record<string, number>;
    /** Re-proven only by the engine the certificate itself names: they rest on one engine alone. */
    oneEngine: number;
    unproven: number;
  };
  /** Claims of the certificate that this check says nothing about. */
  notReplayed: string[];
  /** Why components stayed unproven. */
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
    components: {
      count: certificate.components.length,
      replayed: { rows: 0, dual: 0, blocks: 0, enumeration: 0 },
      reproven: {},
      oneEngine: 0,
      unproven: 0,
    },
    notReplayed: [],
    reasons: [],
  };
  if (problemHash(problem) !== certificate.problemSha256) {
    verification.failures.push('The problem does not have the hash the certificate gives.');
  }
  checkMask(problem, certificate, verification);
  if (verification.failures.length === 0) await checkBound(problem, certificate, verification, options);
  if (certificate.heaviest)
    verification.notReplayed.push('heaviest: the largest weight of all smallest masks');
  if (certificate.core) verification.notReplayed.push('core: what all smallest masks share');
  if (verification.failures.length === 0) {
    verification.verdict = verification.components.unproven > 0 ? 'partly' : 'verified';
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

async function checkBound(
  problem: CsrMaskProblem,
  certificate: Certificate,
  verification: Verification,
  options: VerifyOptions,
): Promise<void> {
  const { failures, components: counts, reasons } = verification;
  const { components, ones, status, lowerBound } = certificate;
  const ceiling = provenCeiling(problem);
  const { values: forced, infeasible } = propagate(problem, ceiling);
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
    const outcome = await proveComponent(
      componentRelaxation(ceiling, forced, component),
      componentRelaxedTruth(problem, forced, component),
      component,
      {
        backends: options.backends ?? [],
        signal: options.signal,
        timeLimit: options.timeLimit ?? 60,
      },
    );
    if (outcome.by === 'refuted') failures.push(`Component ${index}: ${outcome.reason}.`);
    else if (outcome.by === 'none') {
      counts.unproven++;
      reasons.push(`Component ${index} (${component.variables.length} variables): ${outcome.reason}.`);
    } else if ('independent' in outcome) {
      counts.reproven[outcome.by] = (counts.reproven[outcome.by] ?? 0) + 1;
      if (!outcome.independent) counts.oneEngine++;
    } else counts.replayed[outcome.by]++;
  }
}

function readCertificate(json: unknown): Certificate {
  const bad = (what: string): never => {
    throw new SmugError('BAD_CERTIFICATE', `Not a certificate of smug solve or smug explain: ${what}.`);
  };
  if (typeof json !== 'object' || json === null) return bad('expected a JSON object');
  const document = json as Partial<Certificate>;
  if (document.format !== 'smug-certificate') return bad("its format must be 'smug-certificate'");
  if (document.version !== 1) return bad(`version ${String(document.version)} is not known, only 1 is`);
  if (typeof document.problem !== 'object' || document.problem === null) return bad('problem is missing');
  if (document.mask !== null && !Array.isArray(document.mask)) return bad('mask must be a list or null');
  for (const field of ['size', 'lowerBound', 'gap'] as const) {
    if (typeof document[field] !== 'number') return bad(`${field} must be a number`);
  }
  for (const field of ['size', 'lowerBound'] as const) {
    if (!Number.isSafeInteger(document[field]) || document[field]! < 0)
      return bad(`${field} must be a count`);
  }
  const { variables, rows } = document.problem;
  const indices = (list: unknown, limit: number): boolean =>
    Array.isArray(list) && list.every((value) => Number.isInteger(value) && value >= 0 && value < limit);
  if (!Array.isArray(rows)) return bad('problem.rows must be a list');
  if (!indices(document.ones, variables)) return bad('ones must be a list of variables');
  if (!Array.isArray(document.components)) return bad('components must be a list');
  for (const component of document.components) {
    const { lowerBound, proofs, cuts } = component ?? {};
    if (!indices(component?.variables, variables)) return bad('a component has no list of variables');
    if (!indices(component.rows, rows.length)) return bad('a component has no list of rows');
    if (new Set(component.rows).size !== component.rows.length) return bad('a component names a row twice');
    if (!Number.isSafeInteger(lowerBound) || lowerBound < 0)
      return bad("a component's bound must be a count");
    if (!Array.isArray(proofs)) return bad('a component has no list of proofs');
    const readable = (cut: unknown): boolean => {
      const { columns, coefficients } = (cut ?? {}) as Record<string, unknown>;
      return Array.isArray(columns) && Array.isArray(coefficients) && columns.length === coefficients.length;
    };
    if (!Array.isArray(cuts) || !cuts.every(readable)) return bad('a component has no list of clauses');
    const { dual } = component;
    const lists = (object: unknown, ...names: string[]): boolean =>
      names.every((name) => Array.isArray((object as Record<string, unknown> | null)?.[name]));
    const whole =
      dual?.kind === 'blocks'
        ? lists(dual, 'blocks', 'cuts') &&
          dual.blocks.every(
            (block) =>
              lists(block, 'rows', 'cuts', 'columns', 'costs', 'multipliers') && block.cuts.every(readable),
          )
        : lists(dual, 'rows', 'cuts');
    if (dual !== undefined && !(whole && dual.cuts.every(readable))) {
      return bad("a component's dual vector is not one");
    }
  }
  return document as Certificate;
}
