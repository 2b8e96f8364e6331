import { posix, relative, sep } from 'node:path';
import type { BatchLine } from '../api/batch.js';
import type { ImageExplanation } from '../explainers/explanation.js';
import type { BatchImage } from './batch-image.js';

/** What the index says of an explained image. @param folder where the files' paths begin */
export function explainedLine(
  { input, name }: BatchImage,
  explanation: ImageExplanation,
  folder: string,
): BatchLine {
  const { target, nodes, mask, certificate, attribution, sufficiency, notes, engine, solver, timing } =
    explanation.toJSON();
  const { height, width, window, size, sparsity } = mask;
  const { blank, classKept, before, after, extended } = sufficiency;
  const { status, lowerBound, gap, confirmed, provers, heaviest } = certificate;
  return {
    input,
    name,
    target,
    nodes,
    mask: { height, width, window, size, sparsity },
    certificate: { status, lowerBound, gap, confirmed, provers, heaviest },
    attribution,
    sufficiency: {
      ...{ blank, classKept, before, after },
      ...(extended !== undefined && { extendedSize: extended && extended.size }),
    },
    notes,
    engine,
    solver,
    timing,
    files: explanation.files.map((file) => relative(folder, file).split(sep).join('/')),
  };
}

/** The same line for an index in another folder. @param way from the new folder to the old one */
export function movedLine(line: BatchLine, way: string): BatchLine {
  if ('error' in line || way === '') return line;
  return { ...line, files: line.files.map((file) => posix.join(way, file)) };
}
