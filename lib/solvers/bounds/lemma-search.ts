import { loadAddon, type Addon } from '../../addon.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';

/**
 * Branch and bound on the linear relaxation with clause learning, see native/solver/lemma_search.h: proves in exact
 * integers that no mask has fewer ones than a target, or names one that has. Its steps depend on nothing but its input.
 */
export interface LemmaSearch {
  /** Lowers the target; what was proven stays proven. */
  lower(target: number): void;
  /** Where the linear relaxation is least, with nothing decided; empty where the root is closed. */
  relaxation(): Float64Array;
  /** The rows' multipliers, ≥ 0, where the relaxation was last solved: a variable's price is its cost less what they pay. */
  multipliers(): Float64Array;
  /** Goes on for about this many nodes. */
  resume(nodes: number): LemmaState;
  /** After `proven`, where it was recorded. */
  proof(): { vectors: number[][]; lemmas: number[] };
}

interface LemmaState {
  /** `candidate`: a mask of the rows with fewer ones than the target; lower it, or give up. */
  state: 'running' | 'proven' | 'candidate';
  candidate: Uint8Array | null;
  /** No mask has fewer ones, as the relaxation at the root shows. */
  rootBound: number;
  nodes: number;
  /** Bytes that the proof takes so far, roughly. */
  memory: number;
}

export type MakeLemmaSearch = (problem: IntegerProblem, target: number, recorded: boolean) => LemmaSearch;

/** The addon's side of it, see binding/lemma_binding.cc. */
interface LemmaAddon {
  lemmaSearch(problem: IntegerProblem, target: number, recorded: boolean): object;
  lemmaLower(handle: object, target: number): void;
  lemmaRelaxation(handle: object): Float64Array;
  lemmaMultipliers(handle: object): Float64Array;
  lemmaResume(handle: object, nodes: number): LemmaState;
  lemmaProof(handle: object): { vectors: Float64Array; lemmas: Float64Array };
}

/** Null where the addon is not there or not to be used. */
export function nativeLemmaSearch(native: boolean): MakeLemmaSearch | null {
  const addon: Addon | null = native ? loadAddon() : null;
  if (addon === null || typeof addon.lemmaSearch !== 'function') return null;
  const own = addon as unknown as LemmaAddon;
  return (problem, target, recorded) => {
    const handle = own.lemmaSearch(problem, target, recorded);
    return {
      lower: (least) => own.lemmaLower(handle, least),
      relaxation: () => own.lemmaRelaxation(handle),
      multipliers: () => own.lemmaMultipliers(handle),
      resume: (nodes) => own.lemmaResume(handle, nodes),
      proof: () => {
        const { vectors, lemmas } = own.lemmaProof(handle);
        return { vectors: listsOf(vectors), lemmas: Array.from(lemmas) };
      },
    };
  };
}

/** Lists that each stand after their length. */
function listsOf(numbers: Float64Array): number[][] {
  const lists: number[][] = [];
  for (let at = 0; at < numbers.length; at += 1 + numbers[at])
    lists.push(Array.from(numbers.subarray(at + 1, at + 1 + numbers[at])));
  return lists;
}
