import { loadAddon } from './addon.js';
import { settingsFor, type Options } from './api/options.js';
import type { Verdict } from './api/verdict.js';
import { chooseSolver } from './solvers/choose-solver.js';
import { independentProvers } from './solvers/evidence/independent-provers.js';
import { nativeProvers } from './solvers/provers/native-provers.js';
import type { Provers } from './solvers/provers/prover.js';
import { wasmProvers } from './solvers/provers/wasm-provers.js';
import type { VerifyProgress } from './verification/progress.js';
import { verifyCertificate as verifyWith, type VerifyOptions } from './verification/verify-certificate.js';

/** Options of `verifyCertificate`; what each means and its default stand in `lib/api/options.ts`. */
export interface VerifyCertificateOptions extends Options<'verify'> {
  /** The problem that is meant, in either form: the certificate must be about it. Default: whatever it says itself. */
  problem?: unknown;
  /** Asked where the certificate spells out no proof. Default: those of `solver`; none at all is an empty list. */
  provers?: VerifyOptions['provers'];
  onProgress?: (progress: VerifyProgress) => void;
}

/**
 * Checks a certificate without trusting whoever wrote it, with the provers of this installation where it spells out no
 * proof. docs/certificate.md says what is checked and why that is enough.
 *
 * @param certificate the parsed JSON document
 * @throws TypeError / RangeError naming the option; SmugError BAD_CERTIFICATE where the document is none, BAD_PROBLEM
 *   where `problem` is none, SOLVER_UNAVAILABLE, ABORTED
 */
export async function verifyCertificate(
  certificate: unknown,
  options: VerifyCertificateOptions = {},
): Promise<Verdict> {
  const { problem, provers: given, ...declared } = options;
  const { solver, timeLimit, signal, onProgress } = settingsFor(['verify'], declared);
  const checks = { timeLimit, signal, onProgress, ...(problem !== undefined && { problem }) };
  if (given !== undefined) return verifyWith(certificate, { ...checks, provers: given });
  const own = proversOf(solver);
  try {
    return await verifyWith(certificate, { ...checks, provers: independentProvers(own) });
  } finally {
    own.z3.dispose();
    own.highs?.dispose();
  }
}

/** Those of the solver that the option or SMUG_SOLVER names, as for solving. */
function proversOf(solver: Options<'verify'>['solver']): Provers {
  return chooseSolver(solver).name === 'libz3' ? nativeProvers(loadAddon()!)! : wasmProvers(1);
}
