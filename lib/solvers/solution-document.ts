import type { SolutionDocument } from '../api/solution.js';
import type { MaskCore, MaskSolution, RankedMask } from './solution.js';

/** A solution as plain JSON values: masks as lists of 0 and 1, without the evidence, which its certificate has. */
export function solutionDocument({ evidence: _, ...solution }: MaskSolution): SolutionDocument {
  const { mask, solutions, core, ...rest } = solution;
  return {
    ...rest,
    mask: mask && bits(mask),
    ...(solutions && { solutions: rankedMasksDocument(solutions) }),
    ...(core && { core: coreDocument(core) }),
  };
}

export function rankedMasksDocument(
  masks: readonly RankedMask[],
): NonNullable<SolutionDocument['solutions']> {
  return masks.map(({ mask, ...rest }) => ({ ...rest, mask: bits(mask) }));
}

export function coreDocument({ roles, proven, ...counts }: MaskCore): NonNullable<SolutionDocument['core']> {
  return { ...counts, roles: Array.from(roles) as (0 | 1 | 2)[], proven: bits(proven) };
}

/** Bytes that are 0 or 1, as a list. */
export function bits(bytes: Uint8Array): (0 | 1)[] {
  return Array.from(bytes) as (0 | 1)[];
}
