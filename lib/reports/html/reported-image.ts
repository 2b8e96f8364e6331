import { basename } from 'node:path';
import type { ExplanationDocument } from '../../api/explanation.js';
import type { ReportRow, ReportRowTable } from '../../api/report.js';

/** A picture's file, before it becomes part of the page. */
export interface PictureFile {
  /** As `overlay`. */
  kind: string;
  path: string;
  /** Many pictures with words: needs room. */
  sheet?: boolean;
}

/** One image, or text, and everything that a folder has about it. */
export interface ReportedImage {
  /** Its path, as it was given. */
  input: string;
  row: Omit<ReportRow, 'name' | 'pictures'>;
  pictures: readonly PictureFile[];
}

/** What a source gives, and what of it could not be read. */
export interface ReadImages {
  images: ReportedImage[];
  faults: string[];
}

/** The class that is explained, and its probability; a value has none. */
export function classOf({
  label,
  index,
  confidence,
  value,
}: ExplanationDocument['target']): Pick<ReportedImage['row'], 'class' | 'confidence'> {
  return { class: label ?? `class ${index}`, confidence: value === undefined ? confidence : null };
}

/** Nothing but what the given parts say. */
export function reported(
  input: string,
  row: Partial<ReportedImage['row']>,
  pictures: readonly PictureFile[] = [],
): ReportedImage {
  return {
    input,
    row: {
      ...{ class: null, confidence: null, size: null, cells: null, share: null, bound: null, proof: null },
      ...{ classKept: null, seconds: null, error: null, facts: [], notes: [], tables: [] },
      ...row,
    },
    pictures,
  };
}

/**
 * Puts together what several sources say of one image. Sources know it by different paths: where every base name of a source is
 * there once, images are the same by base name.
 */
export function merged(sources: readonly (readonly ReportedImage[])[]): ReportedImage[] {
  const images = new Map<string, ReportedImage>();
  for (const source of sources) {
    const names = source.map(({ input }) => basename(input));
    const distinct = new Set(names).size === names.length;
    source.forEach((image, at) => {
      const key = distinct ? names[at] : image.input;
      const before = images.get(key);
      images.set(key, before === undefined ? image : joined(before, image));
    });
  }
  return [...images.values()];
}

function joined(first: ReportedImage, second: ReportedImage): ReportedImage {
  const row: Record<string, unknown> = { ...first.row };
  for (const [name, value] of Object.entries(second.row)) row[name] ??= value;
  const tables: ReportRowTable[] = [...first.row.tables, ...second.row.tables];
  return {
    input: first.input,
    row: {
      ...(row as unknown as ReportedImage['row']),
      tables,
      facts: first.row.facts.length > 0 ? first.row.facts : second.row.facts,
      notes: [...new Set([...first.row.notes, ...second.row.notes])],
    },
    pictures: [
      ...first.pictures,
      ...second.pictures.filter(({ kind }) => !first.pictures.some((own) => own.kind === kind)),
    ],
  };
}
