import sharp from 'sharp';
import { writeWholeFile } from './write-file.js';

/** A picture to be written: bytes, channels interleaved; 1 channel is grey, 3 are red, green, blue. */
export interface Picture {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** Writes a PNG file. @throws SmugError FILE_UNWRITABLE */
export async function writePng(path: string, picture: Picture): Promise<void> {
  const { data, ...raw } = picture;
  const image = sharp(data, { raw, limitInputPixels: false });
  // sharp would store a grey picture with three channels.
  const encoded = await (raw.channels === 1 ? image.toColourspace('b-w') : image).png().toBuffer();
  await writeWholeFile(path, encoded);
}
