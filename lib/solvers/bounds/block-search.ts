import { loadAddon, type Addon } from '../../addon.js';
import { BlockProof, entriesPerNode, SLICE_NODES, type BlockRows } from './block-proof.js';

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
  /** `proves` in slices of some milliseconds. */
  search(target: number, nodeLimit: number): Generator<void, boolean, void>;
}

export type MakeBlockSearch = (
  rows: BlockRows,
  costs: Float64Array,
  multipliers: Float64Array,
) => BlockSearch;

export const portableBlockSearch: MakeBlockSearch = (rows, costs, multipliers) =>
  new BlockProof(rows, costs, multipliers);

/** The fastest there is; `native`: the addon is there and may be used. */
export function fastestBlockSearch(native: boolean): MakeBlockSearch {
  const addon = native ? loadAddon() : null;
  return (addon && nativeBlockSearch(addon)) ?? portableBlockSearch;
}

type Handle = object;

interface Outcome {
  proven: boolean;
  nodes: number;
  multipliers: Float64Array;
  counterexample: Uint8Array | null;
}

/** The addon's side of it, see binding/block_binding.cc. */
interface BlockAddon {
  blockProof(rows: BlockRows, costs: Float64Array, multipliers: Float64Array): Handle;
  blockRootBound(handle: Handle): number;
  blockBegin(handle: Handle, target: number, nodeLimit: number): void;
  /** Null while it runs. */
  blockResume(handle: Handle, nodes: number): Outcome | null;
}

/** Null when the addon was built without a solver. */
export function nativeBlockSearch(addon: Addon): MakeBlockSearch | null {
  if (typeof addon.blockBegin !== 'function') return null;
  const native = addon as unknown as BlockAddon;
  return (rows, costs, multipliers) => new NativeBlockSearch(native, rows, costs, multipliers);
}

class NativeBlockSearch implements BlockSearch {
  nodes = 0;
  multipliers: Float64Array;
  counterexample: Uint8Array | null = null;
  readonly entriesPerNode: number;
  readonly #handle: Handle;
  readonly #addon: BlockAddon;

  constructor(addon: BlockAddon, rows: BlockRows, costs: Float64Array, multipliers: Float64Array) {
    this.#addon = addon;
    this.#handle = addon.blockProof(rows, costs, multipliers);
    this.multipliers = multipliers.slice();
    this.entriesPerNode = entriesPerNode(rows);
  }

  rootBound(): number {
    return this.#addon.blockRootBound(this.#handle);
  }

  proves(target: number, nodeLimit: number): boolean {
    this.#addon.blockBegin(this.#handle, target, nodeLimit);
    return this.#take(this.#addon.blockResume(this.#handle, nodeLimit + 1)!);
  }

  *search(target: number, nodeLimit: number): Generator<void, boolean, void> {
    this.#addon.blockBegin(this.#handle, target, nodeLimit);
    for (;;) {
      const outcome = this.#addon.blockResume(this.#handle, SLICE_NODES);
      if (outcome !== null) return this.#take(outcome);
      yield;
    }
  }

  #take({ proven, ...found }: Outcome): boolean {
    Object.assign(this, found);
    return proven;
  }
}
