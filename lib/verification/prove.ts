import { askProvers, type Limits } from './ask-provers.js';
import { checkBlocks, type BlocksProof } from './blocks.js';
import { checkCut, cutRow, type Cut } from './cuts.js';
import type { VerifyProgress } from './progress.js';
import type { Prover } from './prover.js';
import type { Standing } from './standing.js';
import type { System } from './system.js';
import { refuteByLemmas, type LemmaProof } from './lemmas.js';
import { refuteByTree, type TreeNode } from './tree.js';
import { OutOfTime, type Work } from './work.js';

export interface TreeProof {
  kind: 'tree';
  cuts?: readonly Cut[];
  tree: readonly TreeNode[];
}

/** What all proofs of one verification have in common. */
export interface Means {
  provers: readonly Prover[];
  /** Nodes of search still allowed. */
  nodes: { left: number };
  work: Work;
  onProgress?: (progress: VerifyProgress) => void;
}

/**
 * Has the system, with the limits on top, no 0/1 point? By the proof that the certificate spells out; where it spells
 * out none, by the word of provers. A proof that does not show it is wrong, whatever provers would say: nobody has a use for one.
 */
export async function proveEmpty(
  system: System,
  limits: Limits,
  proof: TreeProof | LemmaProof | BlocksProof | undefined,
  means: Means,
): Promise<Standing> {
  try {
    return proof ? await byProof(system, limits, proof, means) : await byProvers(system, limits, means);
  } catch (error) {
    if (error instanceof OutOfTime) return { by: 'nothing', reason: 'the time limit was reached' };
    throw error;
  }
}

async function byProof(
  system: System,
  limits: Limits,
  proof: TreeProof | LemmaProof | BlocksProof,
  { nodes, work }: Means,
): Promise<Standing> {
  if (proof.kind === 'blocks') {
    if (limits.atMost === undefined || limits.costs)
      return { by: 'wrong', reason: 'blocks bound sizes only' };
    const outcome = await checkBlocks(system.columns, system.rounded, proof, limits.atMost, nodes, work);
    if (outcome === null) return { by: 'exact' };
    return 'wrong' in outcome
      ? { by: 'wrong', reason: outcome.wrong }
      : { by: 'nothing', reason: outcome.unchecked };
  }
  const question = system.copy();
  const sources = system.rounded;
  if (limits.atMost !== undefined) question.limitSize(limits.atMost);
  limits.extra?.(question);
  if (limits.costs) question.limitCost(limits.costs, limits.below!);
  for (const cut of proof.cuts ?? []) {
    const reason = await checkCut(sources, cut, work);
    if (reason !== null) return { by: 'wrong', reason };
    question.add(cutRow(cut));
  }
  const reason =
    proof.kind === 'lemmas'
      ? await refuteByLemmas(question, proof, work)
      : await refuteByTree(question, proof.tree, work);
  return reason === null ? { by: 'exact' } : { by: 'wrong', reason };
}

async function byProvers(system: System, limits: Limits, { provers, work }: Means): Promise<Standing> {
  if (provers.length === 0)
    return { by: 'nothing', reason: 'it spells out no proof, and there is no prover to ask' };
  if (work.left <= 0) return { by: 'nothing', reason: 'the time limit was reached' };
  const question = system.copy();
  limits.extra?.(question);
  const { agree, point, silent } = await askProvers(question, limits, provers, work);
  if (point !== null) return { by: 'wrong', reason: 'a mask was found that it says does not exist' };
  const names = agree.map(({ name, version }) => `${name} ${version}`);
  const exact = agree.some((prover) => prover.exact);
  if (agree.length >= 2 && exact) return { by: 'two-provers', provers: names };
  if (exact) return { by: 'one-prover', provers: names };
  const alone = agree.map(
    ({ name }) => `${name} computes in floating point, and its word alone counts for nothing`,
  );
  return { by: 'nothing', reason: [...silent, ...alone].join('; ') };
}
