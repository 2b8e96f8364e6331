import { satisfiesIntegerRows, type IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { evaluateBlocks } from '../bounds/block-evidence.js';
import type { BoundEvidence } from '../bound-evidence.js';
import type { Prover } from '../provers/prover.js';
import type { Proof } from '../proof.js';
import { costOf } from '../../masks/mask-cost.js';
import { evaluateDual } from '../bounds/dual-evidence.js';
import { enumerateSmallest } from '../pipeline/enumeration.js';
import { sizeOfMask } from '../../masks/mask-cost.js';
import { withRows, type ExtraRow } from '../../masks/extra-rows.js';
import { refutations } from '../pipeline/refute.js';
import { disjointRowsBound } from '../bounds/disjoint-rows.js';

/** How a claim was confirmed: an argument replayed here, or another run of an engine. */
export type Confirmation =
  | { by: 'rows' | 'dual' | 'blocks' | 'enumeration' }
  /** `independent`: an engine other than all those the certificate names for it. */
  | { by: Prover['name']; independent: boolean }
  | { by: 'none'; reason: string }
  | { by: 'refuted'; reason: string };

/** "Every mask of the component has at least so many ones", or, with costs, costs at least so much. */
export interface LeastClaim {
  /** Integer rows that every mask meant satisfies, proven to follow already. */
  problem: IntegerProblem;
  /** The rows on doubles; one more variable, which is always 1. */
  truth: CsrMaskProblem;
  /** Infinity: there is no such mask. */
  least: number;
  costs?: Int32Array;
  dual?: BoundEvidence;
  /** Integer clauses that follow from the doubles; columns and multipliers of `dual` are without them. */
  clauses: readonly ExtraRow[];
  /** What the certificate says it rests on. */
  proofs: readonly Proof[];
}

export interface ReproveOptions {
  /** Provers to prove again what no argument shows, in any order. */
  backends: readonly Prover[];
  signal?: AbortSignal;
  /** Seconds an engine may take over one component. */
  timeLimit: number;
}

const ENUMERATED_VARIABLES = 200;
const ENUMERATED_NODES = 20_000;

/** Masks that only rounding lets through are cut off one by one, up to so many. */
const REFUTED_MASKS = 500;

/** Z3 ends within so many seconds or never where ones differ in cost: the other engine is waiting. */
const LOST_SECONDS = 5;

/** Replays the claim by counting, by its dual vector or by enumeration, else has an engine prove it again. */
export async function proveLeast(claim: LeastClaim, options: ReproveOptions): Promise<Confirmation> {
  const { problem: relaxation, truth, least, costs } = claim;
  if (least <= 0) return { by: 'rows' };
  if (costs === undefined) {
    if (disjointRowsBound(relaxation) >= least) return { by: 'rows' };
    if (claim.dual) {
      try {
        const { dual } = claim;
        const shown =
          dual.kind === 'blocks'
            ? await evaluateBlocks(relaxation, dual, options.signal)
            : evaluateDual(relaxation, dual);
        if (shown >= least) return { by: dual.kind };
      } catch (error) {
        options.signal?.throwIfAborted();
        return { by: 'refuted', reason: (error as Error).message };
      }
    }
  }
  const problem = claim.clauses.length > 0 ? withRows(relaxation, claim.clauses) : relaxation;
  if (problem.variables <= ENUMERATED_VARIABLES) {
    let smaller: Uint8Array | null = null;
    const { complete } = enumerateSmallest(problem, {
      nodeLimit: ENUMERATED_NODES,
      // Costs say nothing of sizes: then every mask is looked at and refused.
      ...(costs === undefined && { below: least }),
      accepts: (mask) => {
        if (costOf(mask, costs) >= least || refutations(truth, withOne(mask), mask.length).length > 0) {
          return false;
        }
        smaller = mask;
        return costs === undefined;
      },
    });
    if (smaller !== null) return contradiction(smaller, claim);
    if (complete) return { by: 'enumeration' };
  }
  return reprove(problem, claim, options);
}

async function reprove(
  problem: IntegerProblem,
  claim: LeastClaim,
  { backends, signal, timeLimit }: ReproveOptions,
): Promise<Confirmation> {
  const { truth, least, costs } = claim;
  const named = new Set<string>(claim.proofs.map(({ by }) => family(by)));
  const independent = (backend: Prover): boolean => !named.has(family(backend.name));
  const inOrder = [...backends].sort((a, b) => Number(independent(b)) - Number(independent(a)));
  let reason = 'no engine is available';
  for (const backend of inOrder) {
    const seconds =
      costs !== undefined && family(backend.name) === 'z3' ? Math.min(timeLimit, LOST_SECONDS) : timeLimit;
    const limit = AbortSignal.timeout(seconds * 1000);
    const clauses: ExtraRow[] = [];
    // Branch and bound prunes by the limit; Z3's core-guided search is faster without and proves the minimum.
    const limited = costs === undefined && Number.isFinite(least) && family(backend.name) !== 'z3';
    while (clauses.length <= REFUTED_MASKS) {
      const answer = await backend.solve({
        problem: clauses.length > 0 ? withRows(problem, clauses) : problem,
        costs,
        ...(limited && { atMost: least - 1 }),
        seed: 1,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      const { mask } = answer;
      if (mask !== null && costOf(mask, costs) < least && satisfiesIntegerRows(problem, mask)) {
        const refuted = refutations(truth, withOne(mask), mask.length);
        if (refuted.length === 0) return contradiction(mask, claim);
        clauses.push(...refuted);
        continue;
      }
      const shown = answer.status === 'optimal' && answer.lowerBound >= least;
      if (shown || answer.status === 'infeasible')
        return { by: backend.name, independent: independent(backend) };
      break;
    }
    reason = `${backend.name} did not end within ${seconds} s`;
  }
  return { by: 'none', reason };
}

/** The mask with the constant one that the rows on doubles count on. */
function withOne(mask: Uint8Array): Uint8Array {
  const extended = new Uint8Array(mask.length + 1).fill(1);
  extended.set(mask);
  return extended;
}

function contradiction(mask: Uint8Array, { least, costs }: LeastClaim): Confirmation {
  const reason =
    least === Infinity
      ? 'said to be infeasible, but its rows have a mask'
      : costs
        ? `said to cost at least ${least}, but its rows have a mask of cost ${costOf(mask, costs)}`
        : `said to need ${least} ones, but its rows have a mask of ${sizeOfMask(mask)}`;
  return { by: 'refuted', reason };
}

/** libz3 and its WASM build are one engine; so are the two of HiGHS. */
function family(engine: string): string {
  return engine === 'z3-wasm' || engine === 'libz3' ? 'z3' : engine.replace('-wasm', '');
}
