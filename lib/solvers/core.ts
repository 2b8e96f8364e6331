import {
  differsFrom,
  findMinimal,
  type ExtraRow,
  type SolvedComponent,
  type SolveExactly,
} from './minimal-masks.js';

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
}

/**
 * Sorts the variables of a solved component into core, interchangeable and never used, as backbones are
 * computed: keep the variables that all minimal masks seen so far agree on, ask for one that breaks the
 * agreement somewhere, and drop what it breaks. The final refutation proves all remaining claims at once, so
 * the number of questions is at most one more than the number of interchangeable variables.
 */
export async function componentCore(component: SolvedComponent, solve: SolveExactly): Promise<ComponentCore> {
  const { mask } = component;
  const agreed = new Set(mask.keys());
  const witnesses = [mask];
  const cuts: ExtraRow[] = [];
  let refuted = agreed.size === 0;
  while (!refuted) {
    const columns = Uint32Array.from(agreed);
    const answer = await findMinimal(
      component,
      [differsFrom(mask, columns)],
      cuts,
      solve,
      preferChange(mask, agreed),
    );
    if (answer.mask === null) {
      refuted = answer.status === 'infeasible';
      break;
    }
    witnesses.push(answer.mask);
    for (const column of columns) if (answer.mask[column] !== mask[column]) agreed.delete(column);
    refuted = agreed.size === 0;
  }
  const roles = new Uint8Array(mask.length).fill(CellRole.some);
  const proven = new Uint8Array(mask.length).fill(1);
  for (const column of agreed) {
    roles[column] = mask[column] ? CellRole.every : CellRole.none;
    proven[column] = refuted ? 1 : 0;
  }
  return { roles, proven, witnesses };
}

/**
 * Costs that make the back end's optimum break the agreement in many places at once: all minimal masks have
 * the same number of ones, so only the differences between costs count.
 */
function preferChange(mask: Uint8Array, agreed: ReadonlySet<number>): Int32Array {
  const costs = new Int32Array(mask.length).fill(1);
  for (const column of agreed) costs[column] = mask[column] ? 2 : 0;
  return costs;
}
