import type { SolveReport } from '../api/solution.js';

export type { MaskStatus, SolveReport } from '../api/solution.js';

/** Which variables every smallest mask has, some have, or none has. */
export interface MaskCore {
  /** One a variable: 0 none, 1 some, 2 every. */
  roles: Uint8Array;
  /** One a variable: 1 where the role is proven. */
  proven: Uint8Array;
  every: number;
  some: number;
  none: number;
  unproven: number;
}

/** Claims by what they rest on. */
export type ClaimCounts = NonNullable<NonNullable<SolveReport['claims']>['solutions']>;

export interface RankedMask {
  mask: Uint8Array;
  size: number;
  status: 'optimal' | 'feasible';
}
