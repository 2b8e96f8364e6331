// Entry point of a solver worker: runs the pipeline for one job at a time, off the caller's event loop.
import { gapOf } from '../../masks/gap.js';
import { setMaxListeners } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { loadAddon } from '../../addon.js';
import { SmugError } from '../../errors.js';
import type { MaskSolution } from '../solution.js';
import type { Provers } from '../provers/prover.js';
import { evidenceOf } from '../evidence/solution-evidence.js';
import { nativeProvers } from '../provers/native-provers.js';
import { solvePipeline, type PipelineOptions } from '../pipeline/pipeline.js';
import { claimCounts } from '../choice/claim-counts.js';
import { Cores, maskCore } from '../choice/mask-core.js';
import { preferHeaviest, type HeaviestMask } from '../choice/preference.js';
import { rankMasks } from '../choice/ranked-masks.js';
import { ImprovementThreads } from './improvement-threads.js';
import type { FromSolver, SolverJobOptions, ToSolver } from './solver-messages.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { wasmProvers } from '../provers/wasm-provers.js';

/** Choosing among the smallest masks may take as long as the proof did, but at least so long. */
const LEAST_PREFERENCE_MS = 1000;

const port = parentPort!;
let current: { job: number; stop: AbortController } | null = null;
let wasm: Provers | null = null;

const tell = (message: FromSolver) => port.postMessage(message);

port.on('message', (message: ToSolver) => {
  if (message.kind === 'stop') {
    if (current?.job === message.job) current.stop.abort();
    return;
  }
  const stop = new AbortController();
  current = { job: message.job, stop };
  void work(message.job, message.problem, message.options, stop);
});

async function work(
  job: number,
  problem: CsrMaskProblem,
  options: SolverJobOptions,
  stop: AbortController,
): Promise<void> {
  const timer = options.timeLimitMs > 0 ? setTimeout(() => stop.abort(), options.timeLimitMs) : undefined;
  try {
    tell({ kind: 'done', job, solution: await solve(job, problem, options, stop.signal) });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const known = error instanceof SmugError;
    const outOfMemory = error instanceof RangeError && /alloc|length/i.test(message);
    tell({
      kind: 'failed',
      job,
      code: known ? (code as SmugError['code']) : outOfMemory ? 'OUT_OF_MEMORY' : 'SOLVER_FAILED',
      message: known ? message : `The solver failed: ${message}`,
    });
  } finally {
    clearTimeout(timer);
    current = null;
  }
}

async function solve(
  job: number,
  problem: CsrMaskProblem,
  options: SolverJobOptions,
  signal: AbortSignal,
): Promise<MaskSolution> {
  const start = performance.now();
  const pipeline: PipelineOptions = {
    seed: options.seed,
    threads: options.threads,
    native: options.native,
    record: options.evidence,
    confirm: options.confirm,
    signal,
    improvement: (states) => new ImprovementThreads(states, options.threads, options.seed, options.native),
    provers: async () => loadProvers(options.native, options.threads),
    progress: ({ size, lowerBound, mask }) =>
      tell({ kind: 'progress', job, size, lowerBound, mask, stage: 'proving' }),
  };
  const result = await solvePipeline(problem, pipeline);
  const proofMs = result.report.agreementMs ?? performance.now() - start;
  const optimal = result.status === 'optimal';
  const weighs = optimal && options.heaviest && problem.weights !== undefined;
  if (optimal && (weighs || options.core || options.solutions > 1))
    tell({
      kind: 'progress',
      job,
      size: result.size,
      lowerBound: result.lowerBound,
      mask: result.mask,
      stage: 'choosing',
    });
  const cores = new Cores(problem, result, pipeline);
  // Choosing among the smallest masks obeys the same rule as confirming that they are: as long again as until mask and bound met.
  const budget = (): AbortSignal => {
    if (options.confirm === 'always') return signal;
    const time = options.confirm === 'never' ? 0 : Math.max(LEAST_PREFERENCE_MS, Math.ceil(proofMs));
    return unlimited(AbortSignal.any([signal, AbortSignal.timeout(time)]));
  };
  const choose = async (until: AbortSignal): Promise<HeaviestMask> =>
    preferHeaviest(problem, result, cores, { ...pipeline, signal: until });
  let heaviest = weighs ? await choose(budget()) : null;
  const coresTime = budget();
  const core = optimal && options.core ? await maskCore(result, cores, coresTime) : null;
  // With the core known, what was too much before may be easy.
  if (heaviest?.proven === false && core?.core.unproven === 0) heaviest = await choose(coresTime);
  if (heaviest !== null) result.mask = heaviest.mask;
  const { status, mask, size, lowerBound, report } = result;
  const solution: MaskSolution = {
    status,
    mask,
    size,
    lowerBound,
    gap: gapOf(mask, size, lowerBound),
    backend: options.native ? 'libz3' : 'z3-wasm',
    wallMs: 0,
    report,
  };
  if (status === 'optimal' || status === 'infeasible') {
    const lone = result.parts.filter(({ result: part }) => !part.confirmed);
    solution.confirmed = lone.length === 0;
    if (lone.length > 0)
      solution.provers = [...new Set(lone.flatMap(({ result: part }) => part.proofs.map(({ by }) => by)))];
  }
  if (heaviest !== null) solution.heaviest = heaviest.proven ? 'proven' : 'unproven';
  if (core !== null) solution.core = core.core;
  const ranking =
    options.solutions > 1 ? await rankMasks(problem, result, options.solutions, pipeline) : null;
  if (ranking !== null)
    Object.assign(solution, { solutions: ranking.solutions, exhausted: ranking.exhausted });
  const claims = claimCounts({ heaviest, core, ranking });
  if (claims !== null) report.claims = claims;
  if (options.evidence) solution.evidence = evidenceOf(result, { heaviest, core }, problem.weights);
  solution.wallMs = performance.now() - start;
  return solution;
}

function unlimited(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

function loadProvers(native: boolean, threads: number): Provers {
  if (native) {
    const addon = loadAddon();
    const provers = addon && nativeProvers(addon);
    if (!provers)
      throw new SmugError('SOLVER_UNAVAILABLE', 'The native solver could not be loaded in a worker.');
    return provers;
  }
  wasm ??= wasmProvers(threads);
  return wasm;
}
