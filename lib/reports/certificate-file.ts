import { join } from 'node:path';
import type { CsrMaskProblem } from '../masks/problem.js';
import type { MaskSolution } from '../solvers/solution.js';
import { buildCertificate } from '../solvers/evidence/certificate.js';
import { writeWholeFile } from './write-file.js';

/**
 * Writes `NAME.certificate.json`, which `smug verify` checks, and returns its path. Without evidence, as a solve that was stopped
 * leaves it, the bound is claimed and not proven.
 * @throws SmugError FILE_UNWRITABLE
 */
export async function writeCertificate(
  folder: string,
  name: string,
  problem: CsrMaskProblem,
  solution: MaskSolution,
): Promise<string> {
  const path = join(folder, `${name}.certificate.json`);
  await writeWholeFile(path, `${JSON.stringify(await buildCertificate(problem, solution))}\n`);
  return path;
}
