import { resolve, sep } from 'node:path';
import type { Archive } from './archive.js';
import type { BatchImage } from './batch-image.js';
import { tarImages } from './tar-images.js';
import { zipImages } from './zip-images.js';

const endings: readonly [RegExp, (path: string) => Promise<Archive>][] = [
  [/\.zip$/i, zipImages],
  [/\.(tar|tar\.gz|tgz)$/i, tarImages],
];

/**
 * The images of an archive, as if it were a folder of its name; undefined where it is none (`.zip`, `.tar`, `.tar.gz`, `.tgz`). Nothing is unpacked
 * to the disk, and one image at a time lies in memory.
 *
 * @throws SmugError FILE_UNREADABLE for an archive that is broken, BAD_INPUT for one with names that lead elsewhere
 */
export async function archiveImages(
  input: string,
): Promise<{ images: (Omit<BatchImage, 'name'> & { path: string })[]; close(): void } | undefined> {
  const opened = await endings.find(([ending]) => ending.test(input))?.[1](input);
  if (opened === undefined) return undefined;
  const images = opened.images.map(({ member, read }) => ({
    path: `${resolve(input)}${sep}${member.split('/').join(sep)}`,
    input: `${input}/${member}`,
    archive: input,
    read,
  }));
  return { images, close: () => opened.close() };
}
