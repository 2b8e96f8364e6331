import { satisfiesIntegerRows, type IntegerProblem } from '../../masks/integer-rows.js';
import type { ComponentBackend } from '../component-backend.js';
import { evaluateBlocks } from '../block-evidence.js';
import { evaluateDual } from '../dual-bound-evidence.js';
import { enumerateSmallest } from '../enumeration.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { sizeOfMask, withRows, type ExtraRow } from '../minimal-masks.js';
import { refutations } from '../refute.js';
import { disjointRowsBound } from '../row-bound.js';
import type { ComponentEvidence } from './solution-evidence.js';

/** How a bound was confirmed: an argument replayed here, or another run of an engine. */
export type Confirmation =
  | { by: 'rows' | 'dual' | 'blocks' | 'enumeration' }
  /** `independent`: an engine other than all those the certificate names for it. */
  | { by: ComponentBackend['engine']; independent: boolean }
  | { by: 'none'; reason: string }
  | { by: 'refuted'; reason: string };

export interface ReproveOptions {
  /** Engines to prove again what no argument shows, in any order. */
  backends: readonly ComponentBackend[];
  signal?: AbortSignal;
  /** Seconds an engine may take over one component. */
  timeLimit: number;
}

const ENUMERATED_VARIABLES = 200;
const ENUMERATED_NODES = 20_000;

/** Masks that only rounding lets through are cut off one by one, up to so many. */
const REFUTED_MASKS = 500;

/**
 * Is every mask of the component at least as large as the evidence says? `relaxation` and `truth` are its rows on
 * integers and on doubles, both proven to follow from the problem already, and so are the evidence's clauses.
 */
export async function proveComponent(
  relaxation: IntegerProblem,
  truth: CsrMaskProblem,
  evidence: ComponentEvidence,
  options: ReproveOptions,
): Promise<Confirmation> {
  const claimed = evidence.infeasible ? Infinity : evidence.lowerBound;
  if (claimed <= 0) return { by: 'rows' };
  if (disjointRowsBound(relaxation) >= claimed) return { by: 'rows' };
  if (evidence.dual) {
    try {
      const { dual } = evidence;
      const shown =
        dual.kind === 'blocks'
          ? await evaluateBlocks(relaxation, dual, options.signal)
          : evaluateDual(relaxation, dual);
      if (shown >= claimed) return { by: dual.kind };
    } catch (error) {
      options.signal?.throwIfAborted();
      return { by: 'refuted', reason: (error as Error).message };
    }
  }
  const problem = evidence.cuts.length > 0 ? withRows(relaxation, evidence.cuts) : relaxation;
  const accepts = (mask: Uint8Array): boolean => refutations(truth, withOne(mask), mask.length).length === 0;
  if (problem.variables <= ENUMERATED_VARIABLES) {
    const { complete, mask } = enumerateSmallest(problem, {
      nodeLimit: ENUMERATED_NODES,
      below: claimed,
      accepts,
    });
    if (mask !== null && sizeOfMask(mask) < claimed) return smaller(mask, claimed);
    if (complete && mask === null) return { by: 'enumeration' };
  }
  return reprove(problem, truth, evidence, claimed, options);
}

async function reprove(
  problem: IntegerProblem,
  truth: CsrMaskProblem,
  evidence: ComponentEvidence,
  claimed: number,
  { backends, signal, timeLimit }: ReproveOptions,
): Promise<Confirmation> {
  const named = new Set<string>(evidence.proofs.map(({ by }) => family(by)));
  const independent = (backend: ComponentBackend): boolean => !named.has(family(backend.engine));
  const inOrder = [...backends].sort((a, b) => Number(independent(b)) - Number(independent(a)));
  let reason = 'no engine is available';
  for (const backend of inOrder) {
    const limit = AbortSignal.timeout(timeLimit * 1000);
    const clauses: ExtraRow[] = [];
    while (clauses.length <= REFUTED_MASKS) {
      const answer = await backend.solve({
        problem: clauses.length > 0 ? withRows(problem, clauses) : problem,
        // Branch and bound prunes by the limit; Z3's core-guided search is faster without and proves the minimum.
        ...(Number.isFinite(claimed) && family(backend.engine) !== 'z3' && { atMost: claimed - 1 }),
        seed: 1,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      const { mask } = answer;
      if (mask !== null && sizeOfMask(mask) < claimed && satisfiesIntegerRows(problem, mask)) {
        const refuted = refutations(truth, withOne(mask), mask.length);
        if (refuted.length === 0) return smaller(mask, claimed);
        clauses.push(...refuted);
        continue;
      }
      const shown = answer.status === 'optimal' && answer.lowerBound >= claimed;
      if (shown || answer.status === 'infeasible')
        return { by: backend.engine, independent: independent(backend) };
      break;
    }
    reason = `${backend.engine} did not end within ${timeLimit} s`;
  }
  return { by: 'none', reason };
}

/** The mask with the constant one that the rows on doubles count on. */
function withOne(mask: Uint8Array): Uint8Array {
  const extended = new Uint8Array(mask.length + 1).fill(1);
  extended.set(mask);
  return extended;
}

function smaller(mask: Uint8Array, claimed: number): Confirmation {
  return {
    by: 'refuted',
    reason:
      claimed === Infinity
        ? 'said to be infeasible, but its rows have a mask'
        : `said to need ${claimed} ones, but its rows have a mask of ${sizeOfMask(mask)}`,
  };
}

/** libz3 and its WASM build are one engine; so are the two of HiGHS. */
function family(engine: string): string {
  return engine === 'z3-wasm' || engine === 'libz3' ? 'z3' : engine.replace('-wasm', '');
}
