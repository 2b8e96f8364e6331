import { join } from 'node:path';
import type { BatchLine, BatchSummary } from '../api/batch.js';
import { writeWholeFile } from '../reports/write-file.js';
import { INDEX, INDEX_TABLE, SUMMARY } from './folders.js';
import { ParquetIndex } from './parquet-index.js';
import { Tally } from './summary.js';

/** Characters that go to the disk at once. */
const PIECE = 2 ** 16;

/**
 * Writes `index.jsonl`, `index.parquet` and `summary.json`, however long; each is whole or not there.
 * @throws SmugError FILE_UNWRITABLE
 */
export async function writeIndex(folder: string, lines: AsyncIterable<BatchLine>): Promise<BatchSummary> {
  const tally = new Tally();
  const path = join(folder, INDEX);
  const table = await ParquetIndex.create(join(folder, INDEX_TABLE));
  try {
    await writeWholeFile(path, pieces(lines, tally, table));
    await table.finish();
  } finally {
    await table.drop();
  }
  const summary = tally.summary(path);
  await writeWholeFile(join(folder, SUMMARY), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

async function* pieces(
  lines: AsyncIterable<BatchLine>,
  tally: Tally,
  table: ParquetIndex,
): AsyncGenerator<string, void, void> {
  let piece = '';
  for await (const line of lines) {
    tally.add(line);
    await table.add(line);
    piece += `${JSON.stringify(line)}\n`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}
