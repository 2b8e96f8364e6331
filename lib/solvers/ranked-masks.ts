import type { CsrMaskProblem, RankedMask } from '../masks/problem.js';
import type { PipelineOptions, PipelineResult } from './pipeline.js';

export interface Ranking {
  solutions: RankedMask[];
  exhausted: boolean;
}

export async function rankMasks(
  _problem: CsrMaskProblem,
  first: PipelineResult,
  _count: number,
  _options: PipelineOptions,
): Promise<Ranking> {
  const solutions: RankedMask[] = first.mask
    ? [{ mask: first.mask, size: first.size, status: first.status === 'optimal' ? 'optimal' : 'feasible' }]
    : [];
  return { solutions, exhausted: false };
}
