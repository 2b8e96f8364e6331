import type { EncodingVerdict } from './api/encoding-certificate.js';
import { settingsFor, type Options } from './api/options.js';
import { SmugError } from './errors.js';
import { networkFromFirstLayer } from './graph/explained-network.js';
import type { Model } from './model/model.js';
import { shapesOfInput } from './model/sole-input.js';
import { readEncodingCertificate, verifyEncoding } from './verification/encoding/verify-encoding.js';
import type { VerifyProgress } from './verification/progress.js';

/** Options of `verifyFullEncoding`; what each means and its default stand in `lib/api/options.ts`. */
export interface VerifyFullEncodingOptions extends Pick<Options<'verify'>, 'timeLimit' | 'signal'> {
  /** Told some thirty times per second how many masks were tried, of how many. */
  onProgress?: (progress: VerifyProgress) => void;
}

/**
 * Checks the certificate of a full encoding (`explainFullEncoding`, `smug explain --method full-encoding --out`) against the network that it
 * is about, in exact arithmetic, by code that shares nothing with the search. docs/certificate.md says what is checked.
 *
 * @param certificate the parsed JSON document
 * @throws TypeError / RangeError naming the option; SmugError BAD_CERTIFICATE where the document is none or the model takes no such input,
 *   UNSUPPORTED_MODEL, ABORTED
 */
export async function verifyFullEncoding(
  model: Model,
  certificate: unknown,
  options: VerifyFullEncodingOptions = {},
): Promise<EncodingVerdict> {
  const { timeLimit, signal, onProgress } = settingsFor(['verify'], options);
  const read = readEncodingCertificate(certificate);
  const network = networkOf(model, read.image.inputShape);
  return verifyEncoding(read, network, { layout: model.file.layout }, { timeLimit, signal, onProgress });
}

function networkOf(model: Model, shape: number[]) {
  try {
    return networkFromFirstLayer(model.graphFor(1, shapesOfInput(model, { shape })), 'logit');
  } catch (cause) {
    if (!(cause instanceof SmugError) || cause.code !== 'BAD_INPUT') throw cause;
    throw new SmugError(
      'BAD_CERTIFICATE',
      `The certificate is about another model than ${model.file.source}: ${cause.message}`,
      { cause },
    );
  }
}
