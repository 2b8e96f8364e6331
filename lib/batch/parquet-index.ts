import { rename, rm } from 'node:fs/promises';
import type { ParquetWriter } from 'hyparquet-writer';
import type { BatchLine } from '../api/batch.js';
import { onDisk } from '../files/on-disk.js';
import { unfinishedPath } from '../files/unfinished.js';

type Explained = Exclude<BatchLine, { error: unknown }>;
type Failed = Extract<BatchLine, { error: unknown }>;
type Value = string | number | boolean | null | undefined;

interface Column {
  name: string;
  type: 'STRING' | 'INT32' | 'DOUBLE' | 'BOOLEAN';
  explained: (line: Explained) => Value;
  failed?: (line: Failed) => Value;
}

const column = (
  name: string,
  type: Column['type'],
  explained: Column['explained'],
  failed?: Column['failed'],
): Column => ({ name, type, explained, failed });

/** A row per image, and the fields of its line side by side; null where it has none. */
const columns: readonly Column[] = [
  column(
    'input',
    'STRING',
    ({ input }) => input,
    ({ input }) => input,
  ),
  column(
    'name',
    'STRING',
    ({ name }) => name,
    ({ name }) => name,
  ),
  column('class_index', 'INT32', ({ target }) => target.index),
  column('class_label', 'STRING', ({ target }) => target.label),
  column('confidence', 'DOUBLE', ({ target }) => target.confidence),
  column('nodes_selected', 'INT32', ({ nodes }) => nodes.selected),
  column('nodes_constrained', 'INT32', ({ nodes }) => nodes.constrained),
  column('mask_height', 'INT32', ({ mask }) => mask.height),
  column('mask_width', 'INT32', ({ mask }) => mask.width),
  column('mask_window', 'INT32', ({ mask }) => mask.window),
  column('mask_size', 'INT32', ({ mask }) => mask.size),
  column('mask_sparsity', 'DOUBLE', ({ mask }) => mask.sparsity),
  column('status', 'STRING', ({ certificate }) => certificate.status),
  column('lower_bound', 'INT32', ({ certificate }) => certificate.lowerBound),
  column('gap', 'DOUBLE', ({ certificate }) => certificate.gap),
  column('confirmed', 'BOOLEAN', ({ certificate }) => certificate.confirmed),
  column('attribution_method', 'STRING', ({ attribution }) => attribution.method),
  column('attribution_steps', 'INT32', ({ attribution }) => attribution.steps),
  column('completeness_error', 'DOUBLE', ({ attribution }) => attribution.completenessError),
  column('class_kept', 'BOOLEAN', ({ sufficiency }) => sufficiency.classKept),
  column('output_before', 'DOUBLE', ({ sufficiency }) => sufficiency.before),
  column('output_after', 'DOUBLE', ({ sufficiency }) => sufficiency.after),
  column('engine', 'STRING', ({ engine }) => engine),
  column('solver', 'STRING', ({ solver }) => solver),
  column('attribution_ms', 'DOUBLE', ({ timing }) => timing.attributionMs),
  column('encoding_ms', 'DOUBLE', ({ timing }) => timing.encodingMs),
  column('solve_ms', 'DOUBLE', ({ timing }) => timing.solveMs),
  column('total_ms', 'DOUBLE', ({ timing }) => timing.totalMs),
  column('files', 'STRING', ({ files }) => JSON.stringify(files)),
  column(
    'error_code',
    'STRING',
    () => null,
    ({ error }) => error.code,
  ),
  column(
    'error_message',
    'STRING',
    () => null,
    ({ error }) => error.message,
  ),
];

/** Rows that lie in memory. */
const ROW_GROUP = 10_000;

/** The index as a Parquet file, row group by row group; it takes its name when it is whole. */
export class ParquetIndex {
  readonly #path: string;
  readonly #unfinished: string;
  readonly #writer: ParquetWriter;
  #rows: Value[][] = columns.map(() => []);

  private constructor(path: string, unfinished: string, writer: ParquetWriter) {
    this.#path = path;
    this.#unfinished = unfinished;
    this.#writer = writer;
  }

  /** @throws SmugError FILE_UNWRITABLE */
  static async create(path: string): Promise<ParquetIndex> {
    // Loaded at the end of a batch: a start is quicker without.
    const { fileWriter, ParquetWriter: Writer } = await import('hyparquet-writer');
    const unfinished = unfinishedPath(path);
    return onDisk(path, () => {
      const schema = [
        { name: 'root', num_children: columns.length },
        ...columns.map(({ name, type }) => ({
          name,
          repetition_type: 'OPTIONAL' as const,
          ...(type === 'STRING'
            ? { type: 'BYTE_ARRAY' as const, converted_type: 'UTF8' as const }
            : { type }),
        })),
      ];
      return new ParquetIndex(path, unfinished, new Writer({ writer: fileWriter(unfinished), schema }));
    });
  }

  /** @throws SmugError FILE_UNWRITABLE */
  async add(line: BatchLine): Promise<void> {
    for (const [at, { explained, failed }] of columns.entries())
      this.#rows[at].push(('error' in line ? failed?.(line) : explained(line)) ?? null);
    if (this.#rows[0].length >= ROW_GROUP) await this.#flush();
  }

  /** @throws SmugError FILE_UNWRITABLE */
  async finish(): Promise<void> {
    await this.#flush();
    await onDisk(this.#path, async () => {
      await this.#writer.finish();
      await rename(this.#unfinished, this.#path);
    });
  }

  /** For an index that is not finished. */
  async drop(): Promise<void> {
    await rm(this.#unfinished, { force: true }).catch(() => {});
  }

  async #flush(): Promise<void> {
    const rows = this.#rows;
    this.#rows = columns.map(() => []);
    if (rows[0].length === 0) return;
    const columnData = columns.map(({ name, type }, at) => ({ name, type, data: rows[at] }));
    await onDisk(this.#path, () => this.#writer.write({ columnData, rowGroupSize: ROW_GROUP }));
  }
}
