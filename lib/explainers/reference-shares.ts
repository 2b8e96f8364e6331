import { readFile, stat } from 'node:fs/promises';
import { badOption, SmugError } from '../errors.js';

/** Explanations larger than this share of the reference are unusual. */
const UNUSUAL = 0.95;

/** How large a mask is beside those of other pictures. */
export interface SizeRank {
  /** Explanations of reference. */
  images: number;
  /** Percent of them that keep a smaller share of their picture; of equal ones a half. */
  percentile: number;
}

/** Files are read once, until they change. */
const known = new Map<string, { stamp: string; shares: readonly number[] }>();

/**
 * The shares of their pictures that masks of a reference run keep: as they are, or from the `table.json` of `smug evaluate`, or the
 * `index.jsonl` of `smug batch`.
 * @throws SmugError FILE_NOT_FOUND, FILE_UNREADABLE, BAD_INPUT; RangeError that names `reference`
 */
export async function referenceShares(reference: string | readonly number[]): Promise<readonly number[]> {
  if (typeof reference !== 'string') {
    if (reference.length === 0 || !reference.every((share) => share >= 0 && share <= 1))
      throw badOption('reference', reference.slice(0, 3), 'a file, or a list of shares from 0 to 1');
    return reference;
  }
  const { stamp, text } = await readStamped(reference);
  const before = known.get(reference);
  if (before?.stamp === stamp) return before.shares;
  const shares = sharesIn(reference, await text());
  known.set(reference, { stamp, shares });
  return shares;
}

async function readStamped(path: string): Promise<{ stamp: string; text: () => Promise<string> }> {
  try {
    const { mtimeMs, size } = await stat(path);
    return { stamp: `${mtimeMs} ${size}`, text: () => readFile(path, 'utf8') };
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new SmugError(
      missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
      missing
        ? `There is no reference ${path}; expected the table.json of smug evaluate or the index.jsonl of smug batch.`
        : `${path} cannot be read: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

function sharesIn(path: string, text: string): number[] {
  const shares = ofTable(text) ?? ofIndex(text);
  if (shares.length === 0 || !shares.every((share) => typeof share === 'number' && share >= 0 && share <= 1))
    throw new SmugError(
      'BAD_INPUT',
      `${path} tells of no explanation's size; expected the table.json of smug evaluate with the method smug, or the index.jsonl of smug batch.`,
    );
  return shares;
}

/** Of the table of an evaluation; null where the text is no single JSON document. */
function ofTable(text: string): number[] | null {
  const table = parsed(text) as { rows?: { method?: string; shares?: number[] }[] } | undefined;
  if (table === undefined || !Array.isArray(table?.rows)) return null;
  return table.rows.find(({ method }) => method === 'smug')?.shares ?? [];
}

/** Of the lines of a batch; those of images that failed have none. */
function ofIndex(text: string): number[] {
  return text.split('\n').flatMap((line) => {
    const one = parsed(line) as { mask?: { sparsity?: number } } | undefined;
    return one?.mask?.sparsity ?? [];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where a share stands among those of reference. */
export function sizeRank(share: number, shares: readonly number[]): SizeRank {
  let smaller = 0;
  for (const other of shares) smaller += other < share ? 1 : other === share ? 0.5 : 0;
  return { images: shares.length, percentile: (100 * smaller) / shares.length };
}

/** A warning where an explanation is unusually large; null where it is not. */
export function unusualSize({ images, percentile }: SizeRank): string | null {
  if (percentile < 100 * UNUSUAL) return null;
  return (
    `Unusually large: ${Math.floor(percentile)} % of the ${images} explanations of reference keep less of their picture. What the network ` +
    'reads here is spread out, or it is unlike what it usually reads: look at it with care.'
  );
}
