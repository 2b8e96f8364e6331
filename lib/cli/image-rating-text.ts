import type { RatedImage } from '../explainers/image/rate-image.js';
import { terminalSafe } from '../reports/escape.js';
import { methodHeadings } from '../reports/method-headings.js';
import { percent, targetInWords } from '../reports/plain-words.js';

/** An image rated by another method than SMUG, as a person reads it on a terminal. */
export function imageRatingText(rated: RatedImage): string {
  const { input, method, target, kept, steps, completenessError, encoding, seconds, files } = rated;
  const share = kept && percent(kept.reduce((sum, pixel) => sum + pixel, 0) / kept.length);
  const lines = [
    `${methodHeadings[method]}: ${targetInWords(target)}`,
    share === null ? 'scores every pixel, chooses none' : `chooses ${share} of what the network looks at`,
    ...(encoding === undefined ? [] : encodingText(encoding, kept!)),
    ...(steps === undefined
      ? []
      : [
          `${steps} gradient points` +
            (completenessError == null ? '' : `, completeness error ${percent(completenessError)}`),
        ]),
    `${seconds.toFixed(2)} s`,
    ...files.map((file) => `file  ${file}`),
  ];
  return `${terminalSafe(input)}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function encodingText(
  { certificate, margin }: NonNullable<RatedImage['encoding']>,
  kept: Uint8Array,
): string[] {
  const { status, lowerBound } = certificate;
  const size = kept.reduce((sum, pixel) => sum + pixel, 0);
  const proof =
    status === 'optimal'
      ? 'no fewer do: proven, by this program alone (docs/soundness.md)'
      : `whether fewer do is open, ${lowerBound} are needed at least`;
  return [
    `from ${size} pixels alone the whole network reads the class, ${margin!.toPrecision(3)} before the next; ${proof}`,
  ];
}
