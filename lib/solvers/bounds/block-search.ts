import type { Addon } from '../../addon.js';
import { BlockProof, entriesPerNode, type BlockRows } from './block-proof.js';

/** What searches a block: `BlockProof`, or its twin in the addon, which visits the same nodes in a third of the time. */
export interface BlockSearch {
  /** Nodes visited by the last call of `proves`. */
  readonly nodes: number;
  /** Multipliers at the root, the best found so far; whoever replays a proof starts from them. */
  readonly multipliers: Float64Array;
  /** A point of the rows that costs less than the target of the last search, where that found one. */
  readonly counterexample: Uint8Array | null;
  /** Matrix entries that a node visits, roughly. */
  readonly entriesPerNode: number;
  rootBound(): number;
  proves(target: number, nodeLimit: number): boolean;
}

export type MakeBlockSearch = (
  rows: BlockRows,
  costs: Float64Array,
  multipliers: Float64Array,
) => BlockSearch;

export const portableBlockSearch: MakeBlockSearch = (rows, costs, multipliers) =>
  new BlockProof(rows, costs, multipliers);

type Handle = object;

/** The addon's side of it, see binding/block_binding.cc. */
interface BlockAddon {
  blockProof(rows: BlockRows, costs: Float64Array, multipliers: Float64Array): Handle;
  blockRootBound(handle: Handle): number;
  blockProves(
    handle: Handle,
    target: number,
    nodeLimit: number,
  ): { proven: boolean; nodes: number; multipliers: Float64Array; counterexample: Uint8Array | null };
}

/** Null when the addon was built without a solver. */
export function nativeBlockSearch(addon: Addon): MakeBlockSearch | null {
  if (typeof addon.blockProof !== 'function') return null;
  const native = addon as unknown as BlockAddon;
  return (rows, costs, multipliers) => new NativeBlockSearch(native, rows, costs, multipliers);
}

class NativeBlockSearch implements BlockSearch {
  nodes = 0;
  multipliers: Float64Array;
  counterexample: Uint8Array | null = null;
  readonly entriesPerNode: number;
  readonly #handle: Handle;

  constructor(
    private readonly addon: BlockAddon,
    rows: BlockRows,
    costs: Float64Array,
    multipliers: Float64Array,
  ) {
    this.#handle = addon.blockProof(rows, costs, multipliers);
    this.multipliers = multipliers.slice();
    this.entriesPerNode = entriesPerNode(rows);
  }

  rootBound(): number {
    return this.addon.blockRootBound(this.#handle);
  }

  proves(target: number, nodeLimit: number): boolean {
    const { proven, ...found } = this.addon.blockProves(this.#handle, target, nodeLimit);
    Object.assign(this, found);
    return proven;
  }
}
