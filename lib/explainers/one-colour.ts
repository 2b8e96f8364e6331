import type { RawImage } from '../input/raw-image.js';

/** Levels of 255 that a scan, or a JPEG, of one colour wavers by. */
const WAVER = 2;

/** Whether every pixel of a picture has the same colour, as far as one can see. */
export function isOneColour({ data, channels }: Pick<RawImage, 'data' | 'channels'>): boolean {
  for (let channel = 0; channel < channels; channel++) {
    let [least, most] = [255, 0];
    for (let at = channel; at < data.length; at += channels) {
      if (data[at] < least) least = data[at];
      if (data[at] > most) most = data[at];
      if (most - least > WAVER) return false;
    }
  }
  return true;
}

/** What an explanation of such a picture means. */
export const ONE_COLOUR =
  'The picture is one colour, so nothing in it stands out: the kept cells are where this colour tells the network most, not ' +
  'something that it recognises.';
