import type { Tally, VerdictWord } from '../api/verdict.js';

/** What one claim, or one part of it, rests on; `wrong`: it is false, or its proof is. */
export type Standing =
  | { by: 'exact' }
  | { by: 'two-provers' | 'one-prover'; provers: string[] }
  | { by: 'nothing'; reason: string }
  | { by: 'wrong'; reason: string };

const ORDER: readonly Standing['by'][] = ['exact', 'two-provers', 'one-prover', 'nothing', 'wrong'];
const WORDS: Record<Standing['by'], VerdictWord> = {
  exact: 'verified-exact',
  'two-provers': 'verified-by-two-provers',
  'one-prover': 'one-prover',
  nothing: 'not-checked',
  wrong: 'refused',
};

/** Of two standings that a claim needs both, the one it rests on. */
export function weaker(a: Standing, b: Standing): Standing {
  return ORDER.indexOf(a.by) >= ORDER.indexOf(b.by) ? a : b;
}

/** Puts the standings of a claim's parts together. */
export class Claim {
  /** Every claim stands on what it needs: with no parts it is shown. */
  #worst: Standing = { by: 'exact' };
  readonly #counts = new Map<Standing['by'], number>();
  readonly provers = new Set<string>();

  get wrong(): boolean {
    return this.#worst.by === 'wrong';
  }

  get word(): VerdictWord {
    return WORDS[this.#worst.by];
  }

  count(part: Standing): void {
    this.#counts.set(part.by, (this.#counts.get(part.by) ?? 0) + 1);
    this.#worst = weaker(this.#worst, part);
    if ('provers' in part) for (const name of part.provers) this.provers.add(name);
  }

  tally(): Tally {
    const of = (by: Standing['by']) => this.#counts.get(by) ?? 0;
    return {
      verdict: this.word,
      parts: [...this.#counts.values()].reduce((sum, count) => sum + count, 0),
      exact: of('exact'),
      twoProvers: of('two-provers'),
      oneProver: of('one-prover'),
      notChecked: of('nothing'),
    };
  }
}
