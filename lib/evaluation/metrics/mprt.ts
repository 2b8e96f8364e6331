import { meanOfKnown } from '../mean.js';
import { rankCorrelation } from './rank-correlation.js';

/**
 * Model parameter randomisation test (Adebayo et al. 2018; MPRT in Hedström et al. 2023): the mean rank correlation between the scores of
 * the network and those of the network with random weights from its end to ever earlier layers. Low: what a method shows rests on what
 * was learnt. Null where it shows nothing.
 * @param randomised the same method's, per network
 */
export function mprt(scores: ArrayLike<number>, randomised: readonly ArrayLike<number>[]): number | null {
  return meanOfKnown(randomised.map((others) => rankCorrelation(scores, others)));
}
