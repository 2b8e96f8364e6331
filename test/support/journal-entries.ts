import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the journal in a folder says, without its first line. */
export function journalEntries(folder: string): unknown[] {
  const [, ...lines] = readFileSync(join(folder, 'journal.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as unknown);
}
