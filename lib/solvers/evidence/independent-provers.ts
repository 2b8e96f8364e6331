import { sizeOfMask } from '../../masks/mask-cost.js';
import type { Prover, Provers } from '../provers/prover.js';

/** What a verifier asks (see lib/verification/prover.ts): is there a point with at most `atMost` ones, or one cheaper than `below`? */
interface Question {
  variables: number;
  offsets: Uint32Array;
  columns: Uint32Array;
  coefficients: Int32Array;
  bounds: Float64Array;
  atMost?: number;
  costs?: Int32Array;
  below?: number;
}

type Answer = { says: 'none' } | { says: 'point'; mask: Uint8Array } | { says: 'nothing' };

/** Z3 ends within some seconds or never where ones differ in cost. */
const LOST_SECONDS = 5;

/** The provers of this installation as `verifyCertificate` takes them. */
export function independentProvers({ z3, highs }: Provers): {
  name: string;
  version: string;
  family: string;
  exact: boolean;
  refute(question: Question, signal: AbortSignal): Promise<Answer>;
}[] {
  const adapt = (prover: Prover, family: string, exact: boolean) => ({
    name: prover.name,
    version: prover.version,
    family,
    exact,
    refute: async (question: Question, signal: AbortSignal) => refute(prover, exact, question, signal),
  });
  return [adapt(z3, 'z3', true), ...(highs ? [adapt(highs, 'highs', false)] : [])];
}

async function refute(
  prover: Prover,
  isZ3: boolean,
  question: Question,
  signal: AbortSignal,
): Promise<Answer> {
  const { costs, atMost = question.variables, below = Infinity } = question;
  // Branch and bound prunes by the limit; Z3's core-guided search is faster without and proves the minimum.
  const limited = costs !== undefined || !isZ3;
  const answer = await prover.solve({
    problem: question,
    costs,
    ...(limited && question.atMost !== undefined && { atMost }),
    seed: 1,
    signal: costs && isZ3 ? AbortSignal.any([signal, AbortSignal.timeout(LOST_SECONDS * 1000)]) : signal,
  });
  const { mask, status, lowerBound, wrongModel } = answer;
  if (wrongModel) return { says: 'nothing' };
  const cost = (found: Uint8Array) =>
    found.reduce((sum, value, column) => sum + (value ? costs![column] : 0), 0);
  if (mask !== null && sizeOfMask(mask) <= atMost && (!costs || cost(mask) < below))
    return { says: 'point', mask };
  if (status === 'infeasible') return { says: 'none' };
  const least = costs ? below : atMost + 1;
  return status === 'optimal' && lowerBound >= least ? { says: 'none' } : { says: 'nothing' };
}
