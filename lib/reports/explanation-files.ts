import { join } from 'node:path';
import { fileKinds, type FileKind } from '../api/batch.js';
import type { Explanation, ImageExplanation, TextExplanation } from '../explainers/explanation.js';
import type { Drawing } from '../explainers/drawing.js';
import { maskPixels } from '../masks/window-mask.js';
import type { TextSpan } from '../input/text/text-spans.js';
import { textPage } from './text-page.js';
import { explanationView } from './text-views.js';
import { outputNames } from './file-names.js';
import { drawCore } from './core-picture.js';
import { drawHeatmap } from './heatmap.js';
import { drawMask } from './mask-picture.js';
import { writeNpy, type NpyArray } from './npy.js';
import { drawOverlay } from './overlay.js';
import { withLegend, type LegendEntry } from './legend.js';
import { pictureLegends, type PictureLegends } from './picture-legends.js';
import { writePng, type Picture } from './png.js';
import { regionsDocument, regionsSvg } from './region-files.js';
import { maskedScores } from '../explainers/score.js';
import { writeCertificate } from './certificate-file.js';
import { prepareFolder, writeWholeFile } from './write-file.js';

/** What the files of one explanation are made from. */
export interface ReportableExplanation {
  /** Path of the input, or any name for it. */
  input: string;
  /** The result document (DESIGN §4), written as JSON. */
  document: object;
  /** Absent for text: no pictures then. */
  drawing?: Drawing;
  /** More arrays to keep, by the name that stands in the file's name. */
  arrays?: Record<string, { data: NpyArray; shape: readonly number[] }>;
  /** Texts: the page that shows the words. */
  page?: string;
  /** What stands below the pictures; absent: they are as large as the original. */
  legends?: PictureLegends;
  /** Further masks that are as good, or next best: each gets an overlay of its own. */
  others?: readonly Drawing[];
  /** Further masks without a common cell: the same. */
  disjoint?: readonly Drawing[];
  /** Files already written for it, listed with the rest. */
  before?: readonly string[];
}

export interface ReportOptions {
  /**
   * What the files are called, without ending. Default: the input's base name, `text` for a text that came from no file;
   * see `outputNames` for several.
   */
  name?: string;
  /** Images: which files are written (`fileKinds`). Default: all. */
  kinds?: readonly FileKind[];
  /** How the path of a file stands in the result. Default: as it is. */
  listed?: (path: string) => string;
  /** Pictures without legends. */
  plain?: boolean;
  /** Also the kept cells as regions. */
  regions?: boolean;
  /** Texts: stretches that people marked as the reason; the page underlines them. */
  truth?: readonly TextSpan[];
}

/** Originals up to this side are too small to look at: an enlarged overlay is written beside the others. */
const SMALL_SIDE = 112;
/** The side enlarged overlays have, about: the factor is a whole number. */
const ENLARGED_SIDE = 448;

/**
 * Writes an explanation's files into a folder (made if missing), records their paths in `explanation.files` and
 * returns them. See `writeReport` for what they are.
 *
 * @throws SmugError FILE_UNWRITABLE; the explanation itself stays as it was
 */
export async function writeExplanationFiles(
  explanation: Explanation & Partial<Pick<ImageExplanation, 'drawing'>> & Partial<TextExplanation>,
  folder: string,
  options: ReportOptions = {},
): Promise<string[]> {
  const { input, drawing, scores } = explanation;
  const arrays = { attribution: scores };
  const isText = explanation.source !== undefined;
  const name = options.name ?? (explanation.source === input ? 'text' : outputNames([input])[0]);
  await prepareFolder(folder);
  const { problem, solution } = explanation;
  const wanted = (options.kinds ?? fileKinds).includes('certificate');
  const certificate = wanted ? [await writeCertificate(folder, name, problem, solution)] : [];
  if (wanted)
    for (const [at, further] of (explanation.disjoint ?? []).entries())
      certificate.push(
        await writeCertificate(folder, `${name}.disjoint-${at + 2}`, further.problem, further.solution),
      );
  const page = isText
    ? textPage({
        title: explanation.source === input ? 'A text, explained' : input,
        views: [explanationView(explanation as TextExplanation, options.truth)],
      })
    : undefined;
  const report = {
    input,
    document: explanation.toJSON(),
    drawing,
    arrays,
    page,
    before: certificate,
    ...(drawing && {
      others: otherDrawings(explanation, drawing),
      disjoint: (explanation.disjoint ?? []).map(({ cells }) => drawingOf(explanation, drawing, cells)),
      ...(!options.plain && { legends: pictureLegends({ ...explanation, drawing }) }),
    }),
  };
  explanation.files = await writeReport(report, folder, { ...options, name });
  return explanation.files;
}

/**
 * Writes `NAME.mask.png`, `NAME.heatmap.png`, `NAME.overlay.png` at the original picture's size (pictures beyond
 * 4096×4096 pixels: at the reduced size they were read at), all but the mask with a legend below them; for originals up to 112
 * pixels a side, which are too small for words, `NAME.enlarged.png` and `NAME.heatmap.enlarged.png` in large pixels, with them; where the
 * core was asked for `NAME.core.png` (which cells every smallest mask keeps, and which only some) and `NAME.core.enlarged.png`; an overlay
 * `NAME.2.overlay.png` … of every further mask, `NAME.disjoint-2.overlay.png` … of those without a common cell; with `regions` `NAME.regions.json` and `.svg`; `NAME.mask.npy` (uint8, pixels of the model's input),
 * `NAME.saliency.npy` (float32, the same), for texts `NAME.html` (the words, where they stand), further arrays, and `NAME.json` (the result; last, so that a folder with
 * it is complete). Files of the same names are replaced, each in one step.
 *
 * @throws SmugError FILE_UNWRITABLE
 */
export async function writeReport(
  explanation: ReportableExplanation,
  folder: string,
  options: ReportOptions = {},
): Promise<string[]> {
  const name = options.name ?? outputNames([explanation.input])[0];
  await prepareFolder(folder);
  const files: string[] = [...(explanation.before ?? [])];
  const kinds = options.kinds ?? fileKinds;
  const write = async (kind: FileKind, ending: string, writer: (path: string) => Promise<void>) => {
    if (!kinds.includes(kind)) return;
    const path = join(folder, `${name}.${ending}`);
    await writer(path);
    files.push(path);
  };
  const { drawing } = explanation;
  if (drawing) {
    const { mask, saliency, image } = drawing;
    const shape = [mask.height, mask.width];
    const side = Math.max(image.width, image.height);
    const small = side <= SMALL_SIDE;
    const factor = small ? Math.round(ENLARGED_SIDE / side) : 1;
    // Words below a small picture would be larger than it: its enlarged twin has them.
    const legends = small ? undefined : explanation.legends;
    await write('mask', 'mask.png', (path) => writePng(path, drawMask(drawing)));
    await write('heatmap', 'heatmap.png', (path) => draw(path, drawHeatmap(drawing), legends?.heatmap));
    await write('overlay', 'overlay.png', (path) => draw(path, drawOverlay(drawing), legends?.overlay));
    if (mask.core) await write('core', 'core.png', (path) => draw(path, drawCore(drawing), legends?.core));
    const further = [
      ...(explanation.others ?? []).map((other, at) => [other, `${at + 2}`] as const),
      ...(explanation.disjoint ?? []).map((other, at) => [other, `disjoint-${at + 2}`] as const),
    ];
    for (const [other, number] of further)
      await write('overlay', `${number}.overlay.png`, (path) =>
        writePng(path, drawOverlay(enlarged(other, factor))),
      );
    if (small && kinds.includes('enlarged')) {
      const large = enlarged(drawing, factor);
      const { overlay, heatmap, core } = explanation.legends ?? {};
      await write('enlarged', 'enlarged.png', (path) => draw(path, drawOverlay(large), overlay));
      await write('enlarged', 'heatmap.enlarged.png', (path) => draw(path, drawHeatmap(large), heatmap));
      if (mask.core)
        await write('enlarged', 'core.enlarged.png', (path) => draw(path, drawCore(large), core));
    }
    if (options.regions) {
      const regions = regionsDocument(drawing);
      await write('regions', 'regions.json', (path) => writeWholeFile(path, `${JSON.stringify(regions)}\n`));
      await write('regions', 'regions.svg', (path) => writeWholeFile(path, regionsSvg(regions, name)));
    }
    await write('arrays', 'mask.npy', (path) => writeNpy(path, maskPixels(mask), shape));
    await write('arrays', 'saliency.npy', (path) => writeNpy(path, saliency, shape));
  }
  const { page } = explanation;
  if (page !== undefined) await write('page', 'html', (path) => writeWholeFile(path, page));
  for (const [array, { data, shape }] of Object.entries(explanation.arrays ?? {})) {
    await write('arrays', `${array}.npy`, (path) => writeNpy(path, data, shape));
  }
  await write('json', 'json', (path) => {
    const { listed = (file: string) => file } = options;
    const document = { ...explanation.document, files: [...files, path].map(listed) };
    return writeWholeFile(path, `${JSON.stringify(document, null, 2)}\n`);
  });
  return files;
}

async function draw(
  path: string,
  picture: Picture,
  legend: readonly LegendEntry[] | undefined,
): Promise<void> {
  await writePng(path, legend === undefined ? picture : await withLegend(picture, legend));
}

/** The drawings of all masks but the first, where several were asked for. */
function otherDrawings({ solution, baseSaliency }: Explanation, drawing: Drawing): Drawing[] {
  return (solution.solutions ?? []).slice(1).map(({ mask }) => drawingOf({ baseSaliency }, drawing, mask));
}

/** The drawing of another mask of the same explanation. */
function drawingOf(
  { baseSaliency }: Pick<Explanation, 'baseSaliency'>,
  drawing: Drawing,
  cells: ArrayLike<number>,
): Drawing {
  const mask = { ...drawing.mask, cells, core: undefined };
  return { ...drawing, mask, saliency: maskedScores(mask, baseSaliency) };
}

/** The same drawing with every pixel of the picture a square of `factor`; the viewport stays in original pixels. */
function enlarged(drawing: Drawing, factor: number): Drawing {
  if (factor === 1) return drawing;
  const { image } = drawing;
  const { width, height, channels } = image;
  const data = new Uint8Array(image.data.length * factor * factor);
  let to = 0;
  for (let y = 0; y < height * factor; y++) {
    const line = Math.floor(y / factor) * width;
    for (let x = 0; x < width * factor; x++) {
      const from = (line + Math.floor(x / factor)) * channels;
      for (let c = 0; c < channels; c++) data[to++] = image.data[from + c];
    }
  }
  return { ...drawing, image: { width: width * factor, height: height * factor, channels, data } };
}
