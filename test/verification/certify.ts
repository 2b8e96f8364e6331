// Certificates of problems solved here, as they would be read from a file.
import { loadAddon } from '../../dist/addon.js';
import type { Certificate } from '../../dist/api/certificate.js';
import type { MaskProblem } from '../../dist/masks/problem.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { buildCertificate } from '../../dist/solvers/evidence/certificate.js';
import { independentProvers } from '../../dist/solvers/evidence/independent-provers.js';
import { evidenceOf } from '../../dist/solvers/evidence/solution-evidence.js';
import { solvePipeline } from '../../dist/solvers/pipeline/pipeline.js';
import { nativeProvers } from '../../dist/solvers/provers/native-provers.js';
import { wasmProvers } from '../../dist/solvers/provers/wasm-provers.js';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import type { MaskSolution } from '../../dist/solvers/solution.js';
import type { Verdict } from '../../dist/api/verdict.js';
import { randomNumbers } from '../support/random-numbers.js';

const addon = loadAddon();
const installed = (addon && nativeProvers(addon)) ?? wasmProvers(1);
export const provers = independentProvers(installed);

export function disposeProvers(): void {
  installed.z3.dispose();
  installed.highs?.dispose();
}

/** What was solved, through text and back. */
export async function certificateOf(problem: MaskProblem, solution: MaskSolution): Promise<Certificate> {
  const certificate = await buildCertificate(await validateProblem(problem), solution);
  return JSON.parse(JSON.stringify(certificate)) as Certificate;
}

/** The problem as the pipeline alone solves it; `enumeration` false sends even tiny components to provers. */
export async function certifyBound(problem: MaskProblem, enumeration = true): Promise<Certificate> {
  const result = await solvePipeline(await validateProblem(problem), {
    seed: 0,
    threads: 1,
    signal: new AbortController().signal,
    provers: async () => installed,
    enumeration,
  });
  const { status, mask, size, lowerBound, report } = result;
  const gap = mask === null ? 1 : size === 0 ? 0 : (size - lowerBound) / size;
  const evidence = evidenceOf(result);
  const solution = {
    status,
    mask,
    size,
    lowerBound,
    gap,
    report,
    evidence,
    backend: 'libz3' as const,
    wallMs: 0,
  };
  return certificateOf(problem, solution);
}

/** The problem with weights, solved with everything claimed. */
export async function certifyAll(problem: MaskProblem, seed: number): Promise<Certificate> {
  const random = randomNumbers(seed);
  const weights = Array.from({ length: problem.variables }, () => Math.round(random() * 1e4) / 1e4);
  const weighted = { ...problem, weights };
  // However slow the machine: core and heaviest mask are claimed whole.
  const options = { core: true, certificate: true, threads: 1, confirm: 'always' } as const;
  return certificateOf(weighted, await solveMask(weighted, options));
}

/** A ring of rows over neighbours: one component too large to be gone through mask by mask. */
export function ring(variables: number, seed: number): MaskProblem {
  const random = randomNumbers(seed);
  return {
    variables,
    rows: Array.from({ length: variables / 2 }, (_, i) => {
      const columns = Array.from({ length: 5 }, (_, k) => (2 * i + k) % variables);
      const coefficients = columns.map(() => 0.2 + random());
      return { columns, coefficients, lower: coefficients.reduce((sum, value) => sum + value) * 0.45 };
    }),
  };
}

export const told = ({ failures, reasons }: Verdict): string => [...failures, ...reasons].join(' ');
