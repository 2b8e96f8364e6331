import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { ReportPicture } from '../../api/report.js';
import { loadSharp } from '../../input/sharp.js';
import type { PictureFile } from './reported-image.js';

/** Bytes that all pictures of a page take together, as they stand in it. */
export const PICTURES_BYTES = 32 * 2 ** 20;
/** A picture that has to be smaller than this shows nothing: fewer are embedded instead. */
const LEAST_BYTES = 2500;
const LEAST_SIDE = 80;
const QUALITY = 80;
/** What a plain picture takes, encoded. */
const LEAST_BYTES_PER_PIXEL = 0.2;
/** Longest sides and qualities tried, one after the other, until a picture is small enough. */
const attempts = [
  ...[640, 448, 320, 224, 160, 112, LEAST_SIDE].map((side) => [side, QUALITY]),
  ...[50, 20].map((quality) => [LEAST_SIDE, quality]),
];
/** A sheet of pictures is tried at these sides first: at the size at which it was drawn its words can be read. */
const sheetAttempts = [1120, 900, 760].map((side) => [side, QUALITY]);
/** Pictures up to this side have pixels that a reader wants to see: they are embedded as they are, losslessly. */
const COARSE_SIDE = 112;

/** Pictures of one image, in the order in which they matter. */
type Files = readonly PictureFile[];

/**
 * Pictures as data: URIs, reduced so that all of them together stay within `bytes`: each may take an equal share. Where shares
 * would be too small, images get fewer pictures, and from some image on none.
 * @param onDone told after every image
 */
export async function embedPictures(
  images: readonly Files[],
  onDone: (done: number) => void,
  bytes = PICTURES_BYTES,
): Promise<ReportPicture[][]> {
  const most = Math.floor(bytes / LEAST_BYTES);
  const shown = images.slice(0, most);
  const perImage = Math.max(1, Math.floor(most / Math.max(1, shown.length)));
  const wanted = images.map((files, at) => (at < shown.length ? files.slice(0, perImage) : []));
  const count = wanted.reduce((sum, files) => sum + files.length, 0);
  const share = Math.floor(bytes / Math.max(1, count));
  const embedded: ReportPicture[][] = images.map(() => []);
  let next = 0;
  let done = 0;
  const lane = async () => {
    while (next < wanted.length) {
      const at = next++;
      for (const file of wanted[at]) {
        const picture = await embed(file, share);
        if (picture !== null) embedded[at].push(picture);
      }
      onDone(++done);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return embedded;
}

/** Null for a file that is not there, is no picture, or shows nothing in so few bytes. */
async function embed({ kind, path, sheet }: PictureFile, bytes: number): Promise<ReportPicture | null> {
  try {
    const file = await readFile(path);
    const { width = 0, height = 0 } = await loadSharp()(file, {}).metadata();
    const side = Math.max(width, height);
    if (side <= COARSE_SIDE && 4 * Math.ceil(file.length / 3) <= bytes)
      return { kind, source: uri('png', file), coarse: true };
    // Sides at which a picture is hardly ever small enough, or would not be reduced, are not tried.
    const hopeful = Math.sqrt(bytes / LEAST_BYTES_PER_PIXEL);
    for (const [most, quality] of sheet ? [...sheetAttempts, ...attempts] : attempts) {
      if (most > LEAST_SIDE && most > 1.5 * Math.min(side, hopeful)) continue;
      const small = await loadSharp()(file, {})
        .resize({ width: most, height: most, fit: 'inside', withoutEnlargement: true })
        .webp({ quality })
        .toBuffer();
      const source = uri('webp', small);
      if (source.length <= bytes) return { kind, source, ...(sheet && { wide: true }) };
    }
  } catch (error) {
    // Without a decoder there are no pictures, and somebody must say so.
    if ((error as { code?: string }).code === 'MISSING_PART') throw error;
  }
  return null;
}

const uri = (type: string, bytes: Buffer) => `data:image/${type};base64,${bytes.toString('base64')}`;
