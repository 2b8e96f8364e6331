import { BlockSearch, LARGEST_EXACT, numberRows } from './block-search.js';
import { checkCut, cutRow, type Cut } from './cuts.js';
import type { IntegerRow } from './exact-rows.js';
import { narrowed, System } from './system.js';
import { refuteByTree, type TreeNode } from './tree.js';
import type { Work } from './work.js';

/** The cost of one cell, 2^40: costs and bounds of blocks are whole numbers of it. */
const BLOCK_ONE = 2n ** 40n;

/** "Every 0/1 point of these rows costs at least `bound`." */
interface Block {
  /** Of the component's rows. */
  rows: readonly number[];
  cuts: readonly Cut[];
  columns: readonly number[];
  costs: readonly number[];
  bound: number;
  /** A search shows it, from these multipliers, within `nodes` nodes … */
  search?: { multipliers: readonly number[]; nodes: number };
  /** … or a tree that is spelled out: rows, cuts, then the row "costs less than the bound". */
  tree?: readonly TreeNode[];
}

export interface BlocksProof {
  kind: 'blocks';
  blocks: readonly Block[];
  /** Cuts of rows of several blocks. */
  cuts: readonly (Cut & { multiplier: number })[];
}

/** What became of a proof: null where it shows what is claimed. */
export type Outcome = null | { wrong: string } | { unchecked: string };

/**
 * Lagrangian decomposition: however the cost of one of each cell is divided among the blocks, no mask has fewer ones
 * than Σ bound_b + Σ v_k β_k + Σ_j min(0, 1 − Σ_b cost_bj − Σ_k v_k c_kj), in units of 2^-40. Shows that no mask of the
 * rows has at most `most` ones. `nodes`: what the caller allows all searches together.
 */
export async function checkBlocks(
  columns: number,
  rows: readonly IntegerRow[],
  { blocks, cuts }: BlocksProof,
  most: number,
  nodes: { left: number },
  work: Work,
): Promise<Outcome> {
  const left = new Array<bigint>(columns).fill(BLOCK_ONE);
  let total = 0n;
  for (const block of blocks) {
    total += BigInt(block.bound);
    block.columns.forEach((column, at) => (left[column] -= BigInt(block.costs[at])));
    if (work.due(10 * block.columns.length)) await work.turn();
  }
  for (const cut of cuts) {
    const factor = BigInt(cut.multiplier);
    total += factor * BigInt(cut.bound);
    cut.columns.forEach((column, at) => (left[column] -= factor * BigInt(cut.coefficients[at])));
  }
  for (const cost of left) if (cost < 0n) total += cost;
  // Cheap to see, and so seen first.
  if (total <= BigInt(most) * BLOCK_ONE) return { wrong: 'its blocks do not add up to the bound' };
  for (const cut of cuts) {
    const reason = await checkCut(rows, cut, work);
    if (reason !== null) return { wrong: reason };
  }
  const wanted = blocks.reduce((sum, { search }) => sum + (search?.nodes ?? 0), 0);
  if (wanted > nodes.left)
    return { unchecked: `its blocks ask for ${wanted} nodes of search, more than is allowed` };
  nodes.left -= wanted;
  for (const [index, block] of blocks.entries()) {
    const reason = await checkBlock(rows, block, work);
    if (reason !== null) return { wrong: `block ${index}: ${reason}` };
  }
  return null;
}

async function checkBlock(rows: readonly IntegerRow[], block: Block, work: Work): Promise<string | null> {
  const local = new Map(block.columns.map((column, at) => [column, at]));
  if (local.size !== block.columns.length) return 'it names a column twice';
  const costSum = block.costs.reduce((sum, cost) => sum + BigInt(Math.abs(cost)), 0n);
  if (costSum >= BigInt(LARGEST_EXACT)) return 'its costs add up to 2^52 or more';
  if (Math.abs(block.bound) >= LARGEST_EXACT) return 'its bound is 2^52 or more';
  const own: IntegerRow[] = [];
  for (const row of block.rows) {
    if (!rows[row].columns.every((column) => local.has(column)))
      return `row ${row} has a column that the block does not have`;
    own.push(narrowed(rows[row], local, () => undefined));
  }
  const sources = new Set(block.rows);
  for (const cut of block.cuts) {
    if (!cut.rows.every((row) => sources.has(row))) return 'a cut comes from rows of other blocks';
    if (!cut.columns.every((column) => local.has(column)))
      return 'a cut has a column that the block does not have';
    const reason = await checkCut(rows, cut, work);
    if (reason !== null) return reason;
    own.push(narrowed(cutRow(cut), local, () => undefined));
  }
  if (block.tree) {
    const system = new System(block.columns.length, own, own);
    system.limitCost(block.costs, block.bound);
    return refuteByTree(system, block.tree, work);
  }
  const { multipliers, nodes } = block.search!;
  if (multipliers.length !== own.length) return 'it needs a multiplier for every row and cut';
  const plain = numberRows(own);
  if (plain === null) return 'its rows are too large to be searched';
  const search = new BlockSearch(plain, block.costs, block.bound, nodes, work);
  return (await search.shows(multipliers))
    ? null
    : `its search does not show ${block.bound} within ${nodes} nodes`;
}
