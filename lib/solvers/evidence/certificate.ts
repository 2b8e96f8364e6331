import { createHash } from 'node:crypto';
import type { CsrMaskProblem, MaskProblem } from '../../masks/problem.js';
import type { MaskCore, MaskSolution, MaskStatus } from '../solution.js';
import type { SolutionEvidence } from '../solution-evidence.js';

/** A solution with everything needed to check it: plain JSON, written as NAME.certificate.json. */
export interface Certificate extends SolutionEvidence {
  format: 'smug-certificate';
  version: 1;
  problem: MaskProblem;
  /** Hexadecimal, of the problem in the binary form that `problemHash` describes. */
  problemSha256: string;
  status: MaskStatus;
  /** One 0 or 1 a variable; null when there is no mask. */
  mask: number[] | null;
  size: number;
  lowerBound: number;
  gap: number;
  backend: string;
  engines: string[];
  heaviest?: MaskSolution['heaviest'];
  core?: { roles: number[]; proven: number[] };
}

/** The certificate of a solution. The problem must be the validated one that was solved. */
export function buildCertificate(
  problem: CsrMaskProblem,
  solution: MaskSolution,
  evidence: SolutionEvidence,
): Certificate {
  const { status, mask, size, lowerBound, gap, backend, report, heaviest, core } = solution;
  return {
    format: 'smug-certificate',
    version: 1,
    problem: plainProblem(problem),
    problemSha256: problemHash(problem),
    status,
    mask: mask && Array.from(mask),
    size,
    lowerBound,
    gap,
    backend,
    engines: report?.provers ?? [],
    ...(heaviest && { heaviest }),
    ...(core && { core: plainCore(core) }),
    ...evidence,
  };
}

/**
 * SHA-256 over the problem in little-endian binary: the number of variables and of rows (32-bit), the rows'
 * offsets and columns (32-bit), coefficients, lower bounds and, where given, weights (64-bit floats).
 */
export function problemHash({
  variables,
  offsets,
  columns,
  coefficients,
  lower,
  weights,
}: CsrMaskProblem): string {
  const hash = createHash('sha256');
  for (const array of [Uint32Array.of(variables, lower.length), offsets, columns]) {
    const bytes = new DataView(new ArrayBuffer(array.length * 4));
    array.forEach((value, at) => bytes.setUint32(at * 4, value, true));
    hash.update(bytes);
  }
  for (const array of [coefficients, lower, weights ?? new Float64Array(0)]) {
    const bytes = new DataView(new ArrayBuffer(array.length * 8));
    // −0 is written as 0 in JSON.
    array.forEach((value, at) => bytes.setFloat64(at * 8, value === 0 ? 0 : value, true));
    hash.update(bytes);
  }
  return hash.digest('hex');
}

function plainProblem({
  variables,
  offsets,
  columns,
  coefficients,
  lower,
  weights,
}: CsrMaskProblem): MaskProblem {
  return {
    variables,
    rows: Array.from(lower, (bound, row) => ({
      columns: Array.from(columns.subarray(offsets[row], offsets[row + 1])),
      coefficients: Array.from(coefficients.subarray(offsets[row], offsets[row + 1])),
      lower: bound,
    })),
    ...(weights && { weights: Array.from(weights) }),
  };
}

function plainCore({ roles, proven }: MaskCore): { roles: number[]; proven: number[] } {
  return { roles: Array.from(roles), proven: Array.from(proven) };
}
