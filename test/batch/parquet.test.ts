// The index as a table, read by the library that others read Parquet with.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parquetReadObjects } from 'hyparquet';
import { smug } from '../cli/smug.js';
import { batchOf, home, jsonLines, pictures } from './batch-runs.js';

test('index.parquet has a row per line of index.jsonl', async (t) => {
  const folder = home();
  const photos = pictures(folder, 4);
  writeFileSync(join(photos, 'a', 'bäd.png'), 'no picture');
  const out = join(folder, 'out');
  await smug(batchOf([photos], out));
  const bytes = readFileSync(join(out, 'index.parquet'));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  const lines = jsonLines(join(out, 'index.jsonl')) as any[];
  t.is(rows.length, 5);
  for (const [at, row] of rows.entries()) {
    const line = lines[at];
    t.like(row, { input: line.input, name: line.name });
    if (line.error) {
      t.like(row, { error_code: line.error.code, error_message: line.error.message, class_index: null });
      continue;
    }
    const { target, nodes, mask, certificate, attribution, timing } = line;
    t.like(row, {
      class_index: target.index,
      class_label: target.label,
      confidence: target.confidence,
      nodes_selected: nodes.selected,
      mask_size: mask.size,
      mask_sparsity: mask.sparsity,
      status: certificate.status,
      lower_bound: certificate.lowerBound,
      confirmed: certificate.confirmed ?? null,
      completeness_error: attribution.completenessError,
      engine: line.engine,
      total_ms: timing.totalMs,
      error_code: null,
    });
    t.deepEqual(JSON.parse(row.files), line.files);
  }
});
