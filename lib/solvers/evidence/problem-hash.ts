import { createHash } from 'node:crypto';
import type { CsrMaskProblem } from '../../masks/problem.js';

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
