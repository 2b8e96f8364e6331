import { loadSharp } from '../input/sharp.js';
import { writeWholeFile } from './write-file.js';

/** A picture to be written: bytes, channels interleaved; 1 channel is grey, 3 are red, green, blue. */
export interface Picture {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** A picture as the bytes of a PNG file. */
export async function pngOf({ data, ...raw }: Picture): Promise<Buffer> {
  const sharp = loadSharp();
  const image = sharp(data, { raw, limitInputPixels: false });
  // sharp would store a grey picture with three channels.
  return (raw.channels === 1 ? image.toColourspace('b-w') : image).png().toBuffer();
}

/** Writes a PNG file. @throws SmugError FILE_UNWRITABLE */
export async function writePng(path: string, picture: Picture): Promise<void> {
  await writeWholeFile(path, await pngOf(picture));
}
