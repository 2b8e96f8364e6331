import type { BatchLine, BatchSummary } from '../api/batch.js';

export type Outcome = 'proven' | 'notProven' | 'failed';

export function outcomeOf(line: BatchLine): Outcome {
  if ('error' in line) return 'failed';
  return line.certificate.status === 'optimal' ? 'proven' : 'notProven';
}

/** Counts a batch's images by how they ended. */
export class Tally {
  readonly #counts = { proven: 0, notProven: 0, failed: 0 };
  #oneProver = 0;
  readonly #reasons = new Map<string, { images: number; first: { input: string; message: string } }>();

  add(line: BatchLine): void {
    this.#counts[outcomeOf(line)]++;
    if ('error' in line) {
      const { code, message } = line.error;
      const reason = this.#reasons.get(code) ?? { images: 0, first: { input: line.input, message } };
      reason.images++;
      this.#reasons.set(code, reason);
    } else if (line.certificate.status === 'optimal' && line.certificate.confirmed === false)
      this.#oneProver++;
  }

  /** @param index path of the index */
  summary(index: string): BatchSummary {
    const { proven, notProven, failed } = this.#counts;
    const images = proven + notProven + failed;
    const reasons = [...this.#reasons].map(([code, reason]) => ({ code, ...reason }));
    reasons.sort((a, b) => b.images - a.images || (a.code < b.code ? -1 : 1));
    return { images, proven, oneProver: this.#oneProver, notProven, failed, reasons, index };
  }
}
