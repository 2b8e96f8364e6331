import type { Proof } from '../pipeline/component-state.js';
import {
  differsFrom,
  findMinimal,
  type ExtraRow,
  type SolvedComponent,
  type SolveExactly,
} from './minimal-masks.js';
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

/**
 * Sorts the variables of a solved component into core, interchangeable and never used, as backbones are
 * computed: keep the variables that all smallest masks seen so far agree on, look for one that breaks the
 * agreement somewhere, and drop what it breaks. Most are found by moving one one elsewhere, again and again; where
 * that ends an engine is asked. Its final refutation proves all remaining claims at once.
 */
export async function componentCore(component: SolvedComponent, solve: SolveExactly): Promise<ComponentCore> {
  const { mask } = component;
  const agreed = new Set(mask.keys());
  const witnesses = [mask];
  const cuts: ExtraRow[] = [];
  const proofs: Proof[] = [];
  const disagree = (other: Uint8Array): void => {
    for (const column of agreed) if (other[column] !== mask[column]) agreed.delete(column);
  };
  for (let looked = 0; agreed.size > 0;) {
    if (looked < witnesses.length) {
      forEachSwap(component, witnesses[looked++], (other, off, on) => {
        if (!agreed.has(off) && !agreed.has(on)) return;
        witnesses.push(other);
        disagree(other);
      });
      continue;
    }
    const answer = await findMinimal(component, [differsFrom(mask, Uint32Array.from(agreed))], cuts, solve);
    if (answer.mask === null) {
      if (answer.status !== 'infeasible') return coreOf(mask, agreed, witnesses, null);
      if (answer.proof) proofs.push(answer.proof);
      break;
    }
    witnesses.push(answer.mask);
    disagree(answer.mask);
  }
  return coreOf(mask, agreed, witnesses, proofs);
}

/** The columns that are the same in all smallest masks, as far as that is proven. */
export function sameColumns({ roles, proven }: Pick<ComponentCore, 'roles' | 'proven'>): number[] {
  return [...roles.keys()].filter((column) => proven[column] && roles[column] !== CellRole.some);
}

/** `proofs` null: that nothing else differs is unproven. */
function coreOf(
  mask: Uint8Array,
  agreed: ReadonlySet<number>,
  witnesses: Uint8Array[],
  proofs: Proof[] | null,
): ComponentCore {
  const roles = new Uint8Array(mask.length).fill(CellRole.some);
  const proven = new Uint8Array(mask.length).fill(1);
  for (const column of agreed) {
    roles[column] = mask[column] ? CellRole.every : CellRole.none;
    proven[column] = proofs === null ? 0 : 1;
  }
  return { roles, proven, witnesses, proofs: proofs ?? [] };
}
