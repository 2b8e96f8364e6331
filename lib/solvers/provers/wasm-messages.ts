import type { ProverAnswer, ProverQuestion } from './prover.js';

/** One question to a WASM prover's worker; `stop[0]` becomes 1 when it is to end. */
export interface ToWasm {
  question: Omit<ProverQuestion, 'signal' | 'improved' | 'bounded'>;
  stop: Int32Array;
}

export type FromWasm =
  | { kind: 'improved'; mask: Uint8Array }
  | { kind: 'bounded'; bound: number }
  | { kind: 'answer'; answer: ProverAnswer }
  | { kind: 'failed'; message: string };
