import { availableParallelism } from 'node:os';
import type { MaskStatus } from '../api/solution.js';
import { aborted, SmugError } from '../errors.js';
import { converse } from '../threads/converse.js';
import { errorOf } from '../threads/failure.js';
import { ThreadPool } from '../threads/thread-pool.js';
import type { ThreadFault, WorkerThread } from '../threads/worker-thread.js';
import { Control } from './control.js';
import type { LayeredNetwork } from './layers.js';
import type { LevelResult } from './level-search.js';
import type { EncodedImage } from './masked-input.js';
import type { EncodedFacts, FromEncoder, ToEncoder } from './messages.js';

export interface EncodingJob {
  network: LayeredNetwork;
  image: EncodedImage;
  delta: number;
  /** Seconds from when a thread is free; 0: no limit. */
  timeLimit: number;
  threads?: number;
  signal?: AbortSignal;
  progress?: (step: { size: number | null; lowerBound: number }) => void;
}

export interface EncodingSolution extends EncodedFacts {
  status: MaskStatus;
  /** Indices of `cells`. */
  mask: number[] | null;
  /** On the masked image. */
  maskedLogits: number[] | null;
  lowerBound: number;
  nodes: number;
  tried: number;
  threads: number;
  searchMs: number;
  proofMs: number;
}

type Encoder = WorkerThread<ToEncoder, FromEncoder>;
type Answer<Kind extends FromEncoder['kind']> = Extract<FromEncoder, { kind: Kind }>;

/** Every loop of a thread looks more often whether it is to stop; only a thread that hangs takes longer. */
const GRACE_MS = 10_000;
/** Threads beside the first are taken where they are free. */
const PATIENCE_MS = 2;

const pool = new ThreadPool<ToEncoder, FromEncoder>(
  { name: "The full encoding's thread", entry: new URL('./encoding-worker.js', import.meta.url) },
  { size: Math.max(2, availableParallelism()) },
);

/**
 * The smallest mask, or the best one and a bound where time ends or the signal aborts: a small one is sought, then every smaller
 * size is excluded, from 0 upwards.
 * @throws SmugError ABORTED before a thread was free, OUT_OF_MEMORY, SOLVER_FAILED
 */
export async function solveEncoding(job: EncodingJob): Promise<EncodingSolution> {
  const first = await pool.take({ signal: job.signal });
  if (first === null) throw aborted(job.signal);
  const encoders = [first];
  try {
    const wanted = Math.min(job.threads ?? availableParallelism(), pool.size);
    while (encoders.length < wanted) {
      const more = await pool.take({ deadline: performance.now() + PATIENCE_MS });
      if (more === null) break;
      encoders.push(more);
    }
    return await solveOn(encoders, job);
  } finally {
    encoders.forEach((encoder) => pool.give(encoder));
  }
}

async function solveOn(encoders: readonly Encoder[], job: EncodingJob): Promise<EncodingSolution> {
  const { network, image, delta, timeLimit, signal, progress } = job;
  const start = performance.now();
  const deadline = timeLimit > 0 ? start + timeLimit * 1000 : Infinity;
  const [facts] = await Promise.all(
    encoders.map((encoder) => ask<'begun'>(encoder, { kind: 'begin', network, image, delta })),
  );
  const early = { signal, deadline };
  const search = Control.fresh();
  const found = await ask<'found'>(
    encoders[0],
    { kind: 'search', control: search.memory },
    { ...early, control: search },
  );
  let mask = found.mask;
  progress?.({ size: mask?.length ?? null, lowerBound: 0 });
  const searched = performance.now();

  let [nodes, tried, lowerBound] = [0, 0, 0];
  let complete = true;
  while (complete && lowerBound < (mask?.length ?? facts.cells.length + 1)) {
    const results = await searchLevel(encoders, lowerBound, early);
    for (const result of results) {
      nodes += result.nodes;
      tried += result.tried;
    }
    const firstFound = results.reduce((best, one) => (one.place < best.place ? one : best));
    complete = results.every((result) => result.complete);
    if (firstFound.mask !== null) {
      mask = firstFound.mask;
      break;
    }
    if (complete) lowerBound++;
    progress?.({ size: mask?.length ?? null, lowerBound });
  }
  const proven = mask !== null && mask.length === lowerBound;
  const status = proven ? 'optimal' : mask !== null ? 'feasible' : complete ? 'infeasible' : 'unknown';
  const end = performance.now();
  return {
    ...{ target: facts.target, logits: facts.logits, cells: facts.cells, status, mask },
    maskedLogits: mask === null ? null : await checkedLogits(encoders[0], mask),
    ...{ lowerBound, nodes, tried, threads: encoders.length },
    ...{ searchMs: searched - start, proofMs: end - searched },
  };
}

/** What all threads together have to say of a size. Where one of them fails, the others are stopped. */
async function searchLevel(
  encoders: readonly Encoder[],
  size: number,
  early: { signal?: AbortSignal; deadline: number },
): Promise<LevelResult[]> {
  const control = Control.fresh();
  const message = { kind: 'level', size, control: control.memory } as const;
  const answers = await Promise.allSettled(
    encoders.map((encoder) =>
      ask<'searched'>(encoder, message, { ...early, control }).catch((error: unknown) => {
        control.stop();
        throw error;
      }),
    ),
  );
  return answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value.result;
  });
}

/** The mask's logits, which hold: a mask that exact arithmetic refutes does not leave. */
async function checkedLogits(encoder: Encoder, mask: number[]): Promise<number[]> {
  const { logits, holds } = await ask<'logits'>(encoder, { kind: 'logits', mask });
  if (!holds)
    throw new SmugError(
      'SOLVER_FAILED',
      'Exact arithmetic refutes the mask that was found; please report this.',
    );
  return logits;
}

async function ask<Kind extends FromEncoder['kind']>(
  encoder: Encoder,
  message: ToEncoder,
  early?: { signal?: AbortSignal; deadline: number; control: Control },
): Promise<Answer<Kind>> {
  const answer = await converse<ToEncoder, FromEncoder, FromEncoder | null>(encoder, {
    begin: () => encoder.post(message),
    hear: (heard) => heard,
    failure: threadFailure,
    early: early && {
      ...{ signal: early.signal, deadline: early.deadline, graceMs: GRACE_MS },
      stop: () => early.control.stop(),
      abandoned: () => null,
    },
  });
  if (answer === null)
    throw new SmugError('SOLVER_FAILED', "The full encoding's thread did not stop when it was told to.");
  if (answer.kind === 'failed') throw errorOf(answer.failure);
  return answer as Answer<Kind>;
}

function threadFailure(fault: ThreadFault): SmugError {
  return fault.outOfMemory
    ? new SmugError('OUT_OF_MEMORY', 'The full encoding ran out of memory on this network.', { cause: fault })
    : new SmugError('SOLVER_FAILED', fault.message, { cause: fault });
}
