import { Type, type Static } from './schema.js';
import { count } from './shared.js';

/** What the page of a report is told of one image, or text; the page draws its table from these. */
export interface ReportRow {
  name: string;
  /** Label or index of the class; null where nobody explained it. */
  class: string | null;
  confidence: number | null;
  /** Cells kept, of how many. */
  size: number | null;
  cells: number | null;
  /** Share of the area, or of the words, that is kept. */
  share: number | null;
  /** No mask has fewer cells. */
  bound: number | null;
  /** How sure the size is, in words. */
  proof: string | null;
  /** Whether the network still reads the class from what is kept. */
  classKept: boolean | null;
  /** Of the whole explanation. */
  seconds: number | null;
  /** Why there is none. */
  error: string | null;
  pictures: readonly ReportPicture[];
  /** Names and values, in order: parameters, certificate, timing. */
  facts: readonly (readonly [name: string, value: string])[];
  notes: readonly string[];
  /** Texts: the words, and how strongly each is kept, 0 to 1; null where it is not. */
  words?: readonly (readonly [word: string, weight: number | null])[];
  tables: readonly ReportRowTable[];
}

export interface ReportPicture {
  /** As `overlay`. */
  kind: string;
  /** A data: URI. */
  source: string;
  /** Pixels that are shown large: not smoothed. */
  coarse?: boolean;
}

/** What was measured of one image by several methods, or under several settings. */
export interface ReportRowTable {
  heading: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

/** What `smug report --json` prints. */
export const writtenReport = Type.Object(
  {
    file: Type.String({ description: 'Path of the page.' }),
    bytes: count(),
    images: count('Images, or texts, in its table.'),
    pictures: count('That are embedded.'),
    charts: count(),
    notes: Type.Array(Type.String(), { description: 'What is not on the page, and why: a sentence each.' }),
  },
  { title: 'A page that was written about folders' },
);

export type WrittenReport = Static<typeof writtenReport>;
