import type { EncodingCertificate } from '../api/encoding-certificate.js';
import type { FullEncodingDocument } from '../api/full-encoding.js';

/** What an explainer says of one input. */
export interface Rating {
  /** One score per position of the input, a pixel or a word; higher matters more. */
  scores: Float32Array;
  /** One byte per position, 1 where the explainer chooses it; null where it only scores. */
  kept: Uint8Array | null;
  /** Whether the choice is proven smallest; absent where the explainer proves nothing. */
  proven?: boolean;
  /** Distinct smallest choices over the same parts, whatever these are, where more than one was asked for and sought. */
  masks?: readonly Uint8Array[];
  /** Gradient points, and the relative completeness error, of explainers that integrate. */
  steps?: number;
  /** Of the full encoding: how small the choice is proven to be, and by how much the class leads with it. */
  encoding?: Pick<FullEncodingDocument, 'certificate' | 'margin'>;
  /** The same as `smug verify` reads it, where a certificate was asked for. */
  proof?: EncodingCertificate;
  completenessError?: number | null;
}

/**
 * The one signature of every explainer: a task (model, prepared input, what its first layer sees, settings) in, a rating
 * out. Registries list them by the name that `--method` takes: `text/methods.ts` for texts.
 */
export type Explainer<Task, Result extends Rating = Rating> = (task: Task) => Promise<Result>;
