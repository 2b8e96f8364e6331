import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadSharp } from '../input/sharp.js';
import { htmlEscaped } from './escape.js';

/** How strongly each pixel of a text is inked, row-major. */
export interface Lettering {
  width: number;
  height: number;
  data: Uint8Array;
}

// Without a configuration of its own fontconfig complains on stderr.
const bare = process.platform === 'linux' && !existsSync('/etc/fonts/fonts.conf');
const font = fileURLToPath(new URL('../fonts/DejaVuSans.ttf', import.meta.url));
const configuration = fileURLToPath(new URL('../fonts/fonts.conf', import.meta.url));

/**
 * Sets a text in the font of this package, DejaVu Sans; what it lacks comes from the machine's fonts, where there are any.
 * @param size pixels of the font
 * @param width pixels after which lines break
 * @throws SmugError MISSING_PART
 */
export async function lettering(text: string, size: number, width: number): Promise<Lettering> {
  if (text.trim() === '') return { width: 0, height: 0, data: new Uint8Array(0) };
  const sharp = await loadSharp();
  if (bare) process.env.FONTCONFIG_FILE ??= configuration;
  const { data, info } = await sharp({
    text: {
      text: htmlEscaped(text),
      font: `DejaVu Sans ${size}`,
      fontfile: font,
      dpi: 72,
      width,
      wrap: 'word-char',
    },
  })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const ink = new Uint8Array(info.width * info.height);
  for (let pixel = 0; pixel < ink.length; pixel++) ink[pixel] = data[pixel * info.channels];
  return { width: info.width, height: info.height, data: ink };
}
