import type { Certificate } from '../api/certificate.js';
import { defaultOf } from '../api/option.js';
import { options as declared } from '../api/options.js';
import { VERDICTS, type Verdict, type VerdictWord } from '../api/verdict.js';
import { throwIfAborted } from '../errors.js';
import { checkBound } from './bound.js';
import { claimedSizeFailures } from './claimed-size.js';
import { exactRow, holds } from './exact-rows.js';
import { Forced } from './forced.js';
import { hashOf } from './problem-hash.js';
import type { Means } from './prove.js';
import type { VerifyProgress } from './progress.js';
import type { Prover } from './prover.js';
import { readCertificate } from './read-certificate.js';
import { readProblem } from './read-problem.js';
import { SmallestMasks } from './smallest-masks.js';
import { OutOfTime, Work } from './work.js';

export interface VerifyOptions {
  /** The problem that is meant, in either form: the certificate must be about it. Default: whatever it says itself. */
  problem?: unknown;
  /** Asked where the certificate spells out no proof. Default: none. */
  provers?: readonly Prover[];
  /** Seconds for everything together; 0: no limit. Default: as `lib/api/options.ts` declares it. */
  timeLimit?: number;
  /** Nodes of search that the blocks of a certificate may ask for together. Default 5,000,000. */
  nodes?: number;
  signal?: AbortSignal;
  /** Told before every component, for each claim. */
  onProgress?: (progress: VerifyProgress) => void;
}

const DEFAULT_NODES = 5_000_000;

/**
 * Checks a certificate without trusting whoever wrote it: the hash, every row for the mask, forced variables, each
 * component's proof, the claims about all smallest masks, all in exact arithmetic. docs/certificate.md says what is
 * checked and why that is enough. Time and memory are proportional to the document, but for the searches that it
 * asks for and `nodes` limits.
 *
 * @throws SmugError `BAD_CERTIFICATE` where the document is not a certificate, `BAD_PROBLEM` where `problem` is none,
 *   `ABORTED`
 */
export async function verifyCertificate(json: unknown, options: VerifyOptions = {}): Promise<Verdict> {
  const start = performance.now();
  throwIfAborted(options.signal);
  const certificate = readCertificate(json);
  const { status, size, lowerBound } = certificate;
  const timeLimit = options.timeLimit ?? (defaultOf(declared.timeLimit, ['verify']) as number);
  const means: Means = {
    provers: options.provers ?? [],
    nodes: { left: options.nodes ?? DEFAULT_NODES },
    work: new Work(timeLimit > 0 ? timeLimit : Infinity, options.signal),
    onProgress: options.onProgress,
  };
  const verdict: Verdict = {
    verdict: 'refused',
    status,
    size,
    lowerBound,
    problem: { sha256: hashOf(certificate.problem), compared: options.problem !== undefined },
    rows: { checked: 0 },
    forced: { checked: 0 },
    bound: null,
    failures: [],
    reasons: [],
    provers: [],
    wallMs: 0,
  };
  const { failures } = verdict;
  if (verdict.problem.sha256 !== certificate.problemSha256)
    failures.push('The problem does not have the hash that the certificate gives.');
  if (options.problem !== undefined && hashOf(readProblem(options.problem)) !== verdict.problem.sha256)
    failures.push('The certificate is about another problem than the one given.');
  failures.push(...formalities(certificate));
  if (failures.length === 0) {
    try {
      await checkClaims(certificate, verdict, means);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      verdict.reasons.push('The time limit was reached before everything was looked at.');
      verdict.verdict = 'not-checked';
    }
  }
  if (failures.length > 0) verdict.verdict = 'refused';
  verdict.wallMs = performance.now() - start;
  return verdict;
}

/** What the numbers of each status must be to each other. */
function formalities(certificate: Certificate): string[] {
  const { status, mask, lowerBound, conflict, core, heaviest } = certificate;
  const failures: string[] = [];
  if (mask === null) {
    if (status === 'optimal' || status === 'feasible')
      failures.push(`The status is ${status} without a mask.`);
    failures.push(...claimedSizeFailures(certificate));
    if (status === 'infeasible' && lowerBound !== 0)
      failures.push('The bound of an infeasible problem is written as 0.');
    if (core || heaviest) failures.push('All smallest masks are spoken of, but there is no mask.');
    return failures;
  }
  if (status !== 'optimal' && status !== 'feasible') failures.push(`The status is ${status} with a mask.`);
  if (conflict !== undefined) failures.push('A row cannot hold, but there is a mask.');
  return [...failures, ...claimedSizeFailures(certificate)];
}

async function checkClaims(certificate: Certificate, verdict: Verdict, means: Means): Promise<void> {
  const { problem, mask, forced: steps, conflict, heaviest, core } = certificate;
  const { failures, reasons } = verdict;
  if (mask !== null) {
    for (const [row, given] of problem.rows.entries()) {
      if (means.work.due(20 * given.columns.length + 1)) await means.work.turn();
      if (!holds(exactRow(given), mask)) failures.push(`The mask breaks row ${row}.`);
      verdict.rows.checked++;
      if (failures.length >= MOST_FAILURES) break;
    }
  }
  if (failures.length > 0) return;
  const forced = await Forced.replay(
    problem,
    steps.map(({ variable, value, row }) => ({ variable, value: value === 1 ? 1 : 0, row })),
    conflict,
    means.work,
  );
  verdict.forced.checked = steps.length;
  failures.push(...forced.failures);
  if (failures.length > 0) return;
  const bound = await checkBound(certificate, forced, means, verdict);
  const words: VerdictWord[] = [bound.word];
  const provers = new Set(bound.provers);
  verdict.bound = bound.tally();
  if (!bound.wrong && (heaviest || core)) {
    const smallest = new SmallestMasks(certificate, forced, means, { failures, reasons });
    const misfit = smallest.misfit();
    if (misfit !== null) failures.push(misfit);
    if (heaviest && failures.length === 0) {
      const claim = await smallest.heaviest();
      verdict.heaviest = claim.tally();
      words.push(claim.word);
      for (const name of claim.provers) provers.add(name);
    }
    if (core && failures.length === 0) {
      const { claim, counts } = await smallest.core();
      verdict.core = { ...claim.tally(), ...counts };
      words.push(claim.word);
      for (const name of claim.provers) provers.add(name);
    }
  }
  verdict.provers = [...provers];
  verdict.verdict = words.reduce((a, b) => (VERDICTS.indexOf(a) >= VERDICTS.indexOf(b) ? a : b));
}

/** Enough to see what is wrong. */
const MOST_FAILURES = 20;
