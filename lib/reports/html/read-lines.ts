import { wholeLines } from '../../files/journal.js';

/** What a file of JSON Lines holds, as far as it goes. */
export interface ReadLines {
  /** The first line of a journal: what the work is. */
  head: Record<string, unknown>;
  entries: unknown[];
  /** Lines that are no JSON. */
  broken: number;
}

/** Reads a journal; what a kill cut off is not there. Null where there is no such file, or nothing in it. */
export async function readJournal(path: string): Promise<ReadLines | null> {
  const { entries, broken } = await readJsonLines(path);
  const [head, ...rest] = entries;
  if (typeof head !== 'object' || head === null) return null;
  return { head: head as Record<string, unknown>, entries: rest, broken };
}

export async function readJsonLines(path: string): Promise<Pick<ReadLines, 'entries' | 'broken'>> {
  const entries: unknown[] = [];
  let broken = 0;
  for await (const { text } of wholeLines(path)) {
    try {
      entries.push(JSON.parse(text));
    } catch {
      broken++;
    }
  }
  return { entries, broken };
}
