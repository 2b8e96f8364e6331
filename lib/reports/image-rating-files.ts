import { join } from 'node:path';
import { chosenOf, choosesOnly, type RatedImage } from '../explainers/image/rate-image.js';
import { outputNames } from './file-names.js';
import { drawHeatmap } from './heatmap.js';
import { withLegend, type LegendEntry } from './legend.js';
import { methodHeadings } from './method-headings.js';
import { writeNpy } from './npy.js';
import { drawOverlay } from './overlay.js';
import { percent, targetInWords } from './plain-words.js';
import { writePng, type Picture } from './png.js';
import { prepareFolder, writeWholeFile } from './write-file.js';

/**
 * Writes what another method than SMUG says of an image into a folder (made if missing): where it scores them
 * `NAME.METHOD.heatmap.png`, where it chooses pixels `NAME.METHOD.overlay.png`, `NAME.METHOD.npy` (scores, float32, pixels of the model's input) and
 * `NAME.METHOD.json`; of the full encoding also `NAME.METHOD.certificate.json`, where a certificate was asked for. Records their paths in `rated.files` and returns them.
 *
 * @throws SmugError FILE_UNWRITABLE
 */
export async function writeImageRatingFiles(
  rated: RatedImage,
  folder: string,
  { name = outputNames([rated.input])[0], plain = false }: { name?: string; plain?: boolean } = {},
): Promise<string[]> {
  const { method, drawing, kept, height, width, scores, target, proof } = rated;
  await prepareFolder(folder);
  const files: string[] = [];
  const at = (ending: string) => {
    const path = join(folder, `${name}.${method}.${ending}`);
    files.push(path);
    return path;
  };
  const draw = async (path: string, picture: Picture, legend: LegendEntry[]) =>
    writePng(path, plain ? picture : await withLegend(picture, legend));
  const head = [`${methodHeadings[method]}: ${targetInWords(target)}`];
  if (kept) {
    const legend = [
      ...head,
      `Bright: chosen, ${percent(chosenOf(kept)!.share)} of what the network looks at; ${rated.proven ? 'no fewer pixels keep the class, by the word of one search' : 'nothing is proven'}.`,
    ];
    await draw(at('overlay.png'), drawOverlay(drawing), legend);
  }
  if (!choosesOnly(rated)) {
    const scale = { scale: ['0', 'most'] as const };
    const legend = [...head, scale, 'What each pixel counts by this method, on a square-root scale.'];
    await draw(at('heatmap.png'), drawHeatmap(drawing), legend);
  }
  await writeNpy(at('npy'), scores, [height, width]);
  if (proof) await writeWholeFile(at('certificate.json'), `${JSON.stringify(proof)}\n`);
  const document = at('json');
  rated.files = files;
  await writeWholeFile(document, `${JSON.stringify(rated.toJSON(), null, 2)}\n`);
  return files;
}
