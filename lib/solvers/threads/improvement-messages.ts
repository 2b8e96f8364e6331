import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { BoundEvidence } from '../bound-evidence.js';

/** What the pipeline tells an improvement worker. `id` names a component. */
export type ToImprovement =
  | { kind: 'search'; id: number; component: IntegerProblem; seed: number; initial: Uint8Array | null }
  | { kind: 'bound'; id: number; component: IntegerProblem; native: boolean }
  /** A better mask from elsewhere. */
  | { kind: 'offer'; id: number; mask: Uint8Array }
  /** Nothing more is wanted for the component. */
  | { kind: 'drop'; id: number };

/** And what it hears back. */
export type FromImprovement =
  | { kind: 'mask'; id: number; mask: Uint8Array }
  | { kind: 'bound'; id: number; bound: number; evidence: BoundEvidence };
