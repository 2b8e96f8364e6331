import { loadAddon, type Addon } from '../../addon.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import { lemmaModuleRuns, LemmaModuleSearch, type LemmaNumbers, type LemmaState } from './lemma-module.js';

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
  /** Gives its memory back, after which nothing is to be called; else that comes with the garbage collector. */
  end(): void;
}

export type MakeLemmaSearch = (problem: IntegerProblem, target: number, recorded: boolean) => LemmaSearch;

/** The addon's side of it, see binding/lemma_binding.cc. */
interface LemmaAddon {
  lemmaSearch(problem: IntegerProblem, target: number, recorded: boolean): object;
  lemmaLower(handle: object, target: number): void;
  lemmaRelaxation(handle: object): Float64Array;
  lemmaMultipliers(handle: object): Float64Array;
  lemmaResume(handle: object, nodes: number): LemmaState;
  lemmaProof(handle: object): LemmaNumbers;
}

/** The module's, which needs no addon. */
export const portableLemmaSearch: MakeLemmaSearch = (problem, target, recorded) => {
  const search = new LemmaModuleSearch(problem, target, recorded);
  return {
    lower: (least) => search.lower(least),
    relaxation: () => search.relaxation(),
    multipliers: () => search.multipliers(),
    resume: (nodes) => search.resume(nodes),
    proof: () => listed(search.proof()),
    end: () => search.end(),
  };
};

/** The fastest there is; `native`: the addon is there and may be used. Null where nothing runs, for want of address space. */
export function fastestLemmaSearch(native: boolean): MakeLemmaSearch | null {
  const addon = native ? loadAddon() : null;
  return (addon && nativeLemmaSearch(addon)) ?? (lemmaModuleRuns() ? portableLemmaSearch : null);
}

/** Null when the addon was built without a solver. */
function nativeLemmaSearch(addon: Addon): MakeLemmaSearch | null {
  if (typeof addon.lemmaSearch !== 'function') return null;
  const own = addon as unknown as LemmaAddon;
  return (problem, target, recorded) => {
    const handle = own.lemmaSearch(problem, target, recorded);
    return {
      lower: (least) => own.lemmaLower(handle, least),
      relaxation: () => own.lemmaRelaxation(handle),
      multipliers: () => own.lemmaMultipliers(handle),
      resume: (nodes) => own.lemmaResume(handle, nodes),
      proof: () => listed(own.lemmaProof(handle)),
      // The collector knows how much it holds.
      end: () => {},
    };
  };
}

function listed({ vectors, lemmas }: LemmaNumbers): { vectors: number[][]; lemmas: number[] } {
  const lists: number[][] = [];
  for (let at = 0; at < vectors.length; at += 1 + vectors[at])
    lists.push(Array.from(vectors.subarray(at + 1, at + 1 + vectors[at])));
  return { vectors: lists, lemmas: Array.from(lemmas) };
}
