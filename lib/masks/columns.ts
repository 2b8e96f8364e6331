/** Entries by row, as integer rows and searches hold them. */
export interface RowEntries {
  variables: number;
  /** Length rows + 1. */
  offsets: ArrayLike<number>;
  columns: ArrayLike<number>;
}

/** The same entries by column: column j owns `entryOf[starts[j]]` … `entryOf[starts[j + 1] − 1]`, rows ascending. */
export interface ColumnIndex {
  /** Length variables + 1. */
  starts: Int32Array;
  /** Where the entry stands in the arrays by row. */
  entryOf: Int32Array;
  /** And its row. */
  rowOf: Int32Array;
}

/** Indexes entries by column, in one pass over them. */
export function indexColumns({ variables, offsets, columns }: RowEntries): ColumnIndex {
  const rows = offsets.length - 1;
  const entries = offsets[rows];
  const starts = new Int32Array(variables + 1);
  for (let at = 0; at < entries; at++) starts[columns[at] + 1]++;
  for (let column = 0; column < variables; column++) starts[column + 1] += starts[column];
  const entryOf = new Int32Array(entries);
  const rowOf = new Int32Array(entries);
  const next = starts.slice();
  for (let row = 0; row < rows; row++) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      const to = next[columns[at]]++;
      entryOf[to] = at;
      rowOf[to] = row;
    }
  }
  return { starts, entryOf, rowOf };
}
