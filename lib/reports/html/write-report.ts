import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { ReportRow, WrittenReport } from '../../api/report.js';
import { SmugError } from '../../errors.js';
import { writeWholeFile } from '../write-file.js';
import { lscChart, shareChart, sweepCharts } from './charts.js';
import { drawCharts, type Chart } from './draw-charts.js';
import { embedPictures } from './embed-pictures.js';
import { reportPage, type ReportSection } from './page.js';
import { readReportFolders, type ReportContents } from './read-folder.js';
import { methodTable, sweepTable, textMethodTable } from './tables.js';

/**
 * Writes one HTML file, for which nothing else is needed, about what some folders hold. Without vega and vega-lite it has no charts, and
 * says so.
 * @throws as `readReportFolders`; SmugError FILE_UNWRITABLE, MISSING_PART without a decoder of pictures
 */
export async function writeHtmlReport(
  folders: readonly string[],
  file: string,
  {
    title,
    onProgress = () => {},
  }: {
    /** Default: the folders' names. */ title?: string;
    onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<WrittenReport> {
  const contents = await readReportFolders(folders);
  const { images } = contents;
  const pictures = await embedPictures(
    images.map((image) => image.pictures),
    (done) => onProgress(done, images.length),
  );
  const rows: ReportRow[] = images.map(({ input, row }, at) => ({
    name: input,
    ...row,
    pictures: pictures[at],
  }));
  const parts = partsOf(contents);
  const shares = shareChart(rows.flatMap(({ share }) => share ?? []));
  const wanted = [...parts.flatMap(({ charts }) => charts), ...(shares ? [shares] : [])];
  const notes = [...contents.faults];
  const svgs = await drawCharts(wanted).catch((error: unknown) => {
    if (!(error instanceof SmugError) || error.code !== 'MISSING_PART') throw error;
    notes.push(`${error.message}.`);
    return null;
  });
  const drawn = new Map(wanted.map((chart, at) => [chart, svgs?.[at]]));
  const withSvg = (charts: readonly Chart[]) =>
    charts.flatMap((chart) => {
      const svg = drawn.get(chart);
      return svg === undefined ? [] : [{ ...chart, svg }];
    });
  const unseen = images.filter((image, at) => image.pictures.length > 0 && pictures[at].length === 0).length;
  if (unseen > 0)
    notes.push(`The pictures of ${unseen} images: they cannot be read, or there was no room for them.`);
  const sections: ReportSection[] = parts.map((part) => ({ ...part, charts: withSvg(part.charts) }));
  const names = folders.map((folder) => basename(resolve(folder)));
  const page = reportPage({
    title: title ?? names.join(', '),
    subtitle: `${rows.length} ${rows.length === 1 ? 'image' : 'images'}, ${new Date().toISOString().slice(0, 10)}`,
    rows,
    charts: withSvg(shares ? [shares] : []),
    sections,
    notes,
    script: await readFile(new URL('../../report/browse.js', import.meta.url), 'utf8'),
  });
  await writeWholeFile(file, page);
  return {
    file,
    bytes: Buffer.byteLength(page),
    images: rows.length,
    pictures: pictures.reduce((sum, some) => sum + some.length, 0),
    charts: svgs?.length ?? 0,
    notes,
  };
}

/** Everything but the images. */
function partsOf({ evaluations, texts, sweeps }: ReportContents) {
  const numbered = (name: string, at: number, all: readonly unknown[]) =>
    all.length > 1 ? `${name} ${at + 1}` : name;
  return [
    ...evaluations.map((evaluation, at) => {
      const chart = lscChart(evaluation);
      const heading = numbered('Methods', at, evaluations);
      return { heading, charts: chart ? [chart] : [], table: methodTable(evaluation.table) };
    }),
    ...texts.map((table, at) => ({
      heading: numbered('Methods on texts', at, texts),
      charts: [],
      table: textMethodTable(table),
    })),
    ...sweeps.map((sweep, at) => ({
      heading: numbered('Sweep', at, sweeps),
      charts: sweepCharts(sweep),
      table: sweepTable(sweep),
    })),
  ];
}
