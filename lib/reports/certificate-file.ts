import { join } from 'node:path';
import type { CsrMaskProblem } from '../masks/problem.js';
import type { MaskSolution } from '../solvers/solution.js';
import { buildCertificate } from '../solvers/evidence/certificate.js';
import { writeWholeFile } from './write-file.js';

/**
 * Writes `NAME.certificate.json`, which `smug verify` replays, and returns its path. The solution must carry its
 * evidence.
 * @throws SmugError FILE_UNWRITABLE
 */
export async function writeCertificate(
  folder: string,
  name: string,
  problem: CsrMaskProblem,
  solution: MaskSolution,
): Promise<string> {
  const path = join(folder, `${name}.certificate.json`);
  const evidence = solution.evidence ?? { ones: [], components: [] };
  await writeWholeFile(path, `${JSON.stringify(buildCertificate(problem, solution, evidence))}\n`);
  return path;
}
