import type { Proof } from '../proof.js';
import { differsFrom, type ExtraRow } from '../../masks/extra-rows.js';
import { findMinimal, type SolvedComponent, type SolveExactly } from './minimal-masks.js';
import { forEachPairSwap } from './pair-swaps.js';
import { forEachSwap } from './swaps.js';

/**
 * How a cell stands to the set of all minimal masks: in `every` one of them (the core), in `some`, in `none`.
 */
export const CellRole = { none: 0, some: 1, every: 2 } as const;

export interface ComponentCore {
  /** A `CellRole` a variable. Unproven ones hold what the masks seen so far suggest. */
  roles: Uint8Array;
  /** 1 where the role is proven. `some` is proven by two masks, `every` and `none` by a refutation. */
  proven: Uint8Array;
  /** Minimal masks that together show every `some`; the first is the component's own. */
  witnesses: Uint8Array[];
  /** What the claims `every` and `none` rest on; empty where there are none or they are unproven. */
  proofs: Proof[];
}

export interface CoreOptions {
  /**
   * Asks of one cell at a time, as branch and bound wants it: that one of many differs says nothing to a linear
   * relaxation. Z3 decides all at once.
   */
  oneByOne?: boolean;
  signal?: AbortSignal;
}

/**
 * Sorts the variables of a solved component into core, interchangeable and never used, as backbones are
 * computed: keep the variables that all smallest masks seen so far agree on, look for one that breaks the
 * agreement somewhere, and drop what it breaks. Most are found by moving a one or two elsewhere, again and again; where
 * that ends a prover is asked. Its final refutation proves all remaining claims at once.
 */
export async function componentCore(
  component: SolvedComponent,
  solve: SolveExactly,
  options: CoreOptions = {},
): Promise<ComponentCore> {
  const { mask } = component;
  /** Columns that are the same in all masks seen, and those of them that are proven to be. */
  const agreed = new Set(mask.keys());
  const settled = new Set<number>();
  const witnesses = [mask];
  const cuts: ExtraRow[] = [];
  const proofs: Proof[] = [];
  const take = (other: Uint8Array): void => {
    witnesses.push(other);
    for (const column of agreed) if (other[column] !== mask[column]) agreed.delete(column);
  };
  for (let looked = 0, paired = 0; agreed.size > settled.size;) {
    if (looked < witnesses.length) {
      forEachSwap(component, witnesses[looked++], (other, off, on) => {
        if (agreed.has(off) || agreed.has(on)) take(other);
      });
      continue;
    }
    if (paired < witnesses.length) {
      await forEachPairSwap(component, witnesses[paired++], agreed, take, options.signal);
      continue;
    }
    const open = [...agreed].filter((column) => !settled.has(column));
    const asked = options.oneByOne ? open.slice(0, 1) : open;
    const answer = await findMinimal(component, [differsFrom(mask, asked)], cuts, solve);
    if (answer.mask !== null) take(answer.mask);
    else if (answer.status === 'infeasible') {
      for (const column of asked) settled.add(column);
      if (answer.proof && proofs.length === 0) proofs.push(answer.proof);
    } else break;
  }
  const roles = new Uint8Array(mask.length).fill(CellRole.some);
  const proven = new Uint8Array(mask.length).fill(1);
  for (const column of agreed) {
    roles[column] = mask[column] ? CellRole.every : CellRole.none;
    proven[column] = settled.has(column) ? 1 : 0;
  }
  return { roles, proven, witnesses, proofs };
}

/** The columns that are the same in all smallest masks, as far as that is proven. */
export function sameColumns({ roles, proven }: Pick<ComponentCore, 'roles' | 'proven'>): number[] {
  return [...roles.keys()].filter((column) => proven[column] && roles[column] !== CellRole.some);
}
