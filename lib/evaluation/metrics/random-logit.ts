import { Random } from '../../random.js';
import { rankCorrelation } from './rank-correlation.js';

/** A class other than the target, each as likely as the others; null where there is none. */
export function otherClass(target: number, classes: number, seed: number): number | null {
  if (classes < 2) return null;
  const drawn = new Random(seed).below(classes - 1);
  return drawn < target ? drawn : drawn + 1;
}

/**
 * Random logit (Sixt, Granz, Landgraf 2020): the rank correlation between the scores for the class and those for another class, drawn
 * at random. Low: what a method shows is of this class. Null where it shows nothing, and of networks with one class.
 */
export function randomLogit(scores: ArrayLike<number>, others: ArrayLike<number> | null): number | null {
  return others === null ? null : rankCorrelation(scores, others);
}
