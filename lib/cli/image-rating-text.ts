import { chosenOf, type RatedImage } from '../explainers/image/rate-image.js';
import { terminalSafe } from '../reports/escape.js';
import { methodHeadings } from '../reports/method-headings.js';
import { percent, targetInWords } from '../reports/plain-words.js';

/** An image rated by another method than SMUG, as a person reads it on a terminal. */
export function imageRatingText(rated: RatedImage): string {
  const { input, method, target, kept, steps, completenessError, encoding, seconds, files } = rated;
  const chosen = chosenOf(kept);
  const lines = [
    `${methodHeadings[method]}: ${targetInWords(target)}`,
    chosen === null
      ? 'scores every pixel, chooses none'
      : `chooses ${percent(chosen.share)} of what the network looks at`,
    ...(encoding === undefined ? [] : encodingText(encoding, chosen!.pixels)),
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
  pixels: number,
): string[] {
  const { status, lowerBound } = certificate;
  const proof =
    status === 'optimal'
      ? 'no fewer do: proven, by this program alone (docs/soundness.md)'
      : `whether fewer do is open, ${lowerBound} are needed at least`;
  return [
    `from ${pixels} ${pixels === 1 ? 'pixel' : 'pixels'} alone the whole network reads the class, ${margin!.toPrecision(3)} before the next; ${proof}`,
  ];
}
