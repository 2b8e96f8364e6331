import type { Graph } from '../../graph/graph.js';
import type { Tensor } from '../../tensor.js';
import type { Failure } from '../../threads/failure.js';

/** What the main thread asks of a worker. Networks are known by number. */
export type Work =
  | { kind: 'compile'; network: number; graph: Graph }
  | { kind: 'forward'; network: number; inputs: Tensor[]; wanted: string[] }
  | { kind: 'gradient'; network: number; inputs: Tensor[]; at: string; targets: number[] }
  | { kind: 'dispose'; network: number }
  | { kind: 'count' };

/** What each kind of work gives back. */
export interface Outcomes {
  compile: null;
  forward: Tensor[];
  gradient: { values: Float64Array; gradients: Tensor };
  dispose: null;
  /** Tensors alive on the device, weights included. */
  count: number;
}

export interface Request {
  id: number;
  work: Work;
}

/** The first message a worker sends has id −1: its back end's description, or why it could not load. */
export type Reply = { id: number; outcome: unknown } | { id: number; failure: Failure };
