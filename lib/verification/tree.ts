import type { IntegerRow } from './exact-rows.js';
import { addUp, type System } from './system.js';
import type { Work } from './work.js';

/**
 * A tree of decisions in preorder. A number is a column that is free here: what follows is the subtree with the
 * column at 1, then the one with it at 0. A list ends a branch and says why no point is left in it:
 * `['row', r]` the row cannot hold any more; `['dual', r, u, r, u, …]` rows added up with multipliers u ≥ 0 cannot;
 * `['pack', r, r, …]` rows that share no column which could help them need more ones together than are allowed.
 */
export type TreeNode = number | readonly (string | number)[];

const FREE = 2;

/** Why the tree does not show that the system has no 0/1 point; null where it does. */
export async function refuteByTree(
  system: System,
  tree: readonly TreeNode[],
  work: Work,
): Promise<string | null> {
  const values = new Uint8Array(system.columns).fill(FREE);
  for (const [column, value] of system.fixed) values[column] = value;
  const decided: number[] = [];
  for (let at = 0; at < tree.length; at++) {
    const node = tree[at];
    if (typeof node === 'number') {
      if (work.due(10)) await work.turn();
      if (!(node < system.columns) || values[node] !== FREE)
        return `node ${at} of its tree decides no free column`;
      values[node] = 1;
      decided.push(node);
      continue;
    }
    if (work.due(unitsOf(system, node))) await work.turn();
    const reason = closes(system, values, node);
    if (reason !== null) return `node ${at} of its tree: ${reason}`;
    // On to the other value of the last column that has one left.
    while (decided.length > 0 && values[decided[decided.length - 1]] === 0) values[decided.pop()!] = FREE;
    if (decided.length === 0) return at === tree.length - 1 ? null : 'its tree goes on after its end';
    values[decided[decided.length - 1]] = 0;
  }
  return 'its tree has an open branch';
}

function closes(system: System, values: Uint8Array, leaf: readonly (string | number)[]): string | null {
  const [kind, ...numbers] = leaf as [string, ...number[]];
  const wrong = numbers.findIndex(
    (row, at) => (kind !== 'dual' || at % 2 === 0) && !(row < system.exact.length),
  );
  if (wrong >= 0) return `there is no row ${numbers[wrong]}`;
  if (kind === 'row') {
    const row = system.exact[numbers[0]];
    return mostWithin(row, values) < row.need ? null : `row ${numbers[0]} can still hold`;
  }
  if (kind === 'dual') {
    const sum = addUp(system.rounded, numbers);
    return mostWithin(sum, values) < sum.need ? null : 'its rows added up can still hold';
  }
  return packed(system, values, numbers);
}

/** The largest sum a row can reach with what is decided. */
function mostWithin(row: IntegerRow, values: Uint8Array): bigint {
  let most = 0n;
  for (let at = 0; at < row.columns.length; at++) {
    const value = values[row.columns[at]];
    if (value === 1 || (value === FREE && row.values[at] > 0n)) most += row.values[at];
  }
  return most;
}

/** Rows without a common column that could help: each needs some ones of its own. */
function packed({ exact, size }: System, values: Uint8Array, rows: readonly number[]): string | null {
  if (size === null) return 'nothing limits the number of ones';
  if (new Set(rows).size !== rows.length) return 'it names a row twice';
  let ones = 0;
  for (const value of values) if (value === 1) ones++;
  const taken = new Set<number>();
  for (const index of rows) {
    const row = exact[index];
    let missing = row.need;
    const helping: bigint[] = [];
    for (let at = 0; at < row.columns.length; at++) {
      const column = row.columns[at];
      if (values[column] === 1) missing -= row.values[at];
      if (values[column] !== FREE || row.values[at] <= 0n) continue;
      if (taken.has(column)) return `two of its rows share column ${column}`;
      taken.add(column);
      helping.push(row.values[at]);
    }
    helping.sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
    for (let k = 0; missing > 0n && k < helping.length; k++) {
      missing -= helping[k];
      ones++;
    }
    if (missing > 0n) return null; // it cannot hold at all
  }
  return ones > size.most ? null : `its rows need ${ones} ones, and ${size.most} are allowed`;
}

/** Roughly how many integer operations a leaf takes. */
function unitsOf(system: System, leaf: readonly (string | number)[]): number {
  let units = leaf[0] === 'pack' ? system.columns : 10;
  for (let at = 1; at < leaf.length; at += leaf[0] === 'dual' ? 2 : 1)
    units += 10 * (system.exact[leaf[at] as number]?.columns.length ?? 0);
  return units;
}
