import { SmugError, throwIfAborted } from '../errors.js';
import type { ExplainOptions } from '../explainers/options.js';
import type { FileKind } from '../api/batch.js';
import type { LoadModelOptions } from '../model/load-model.js';
import { errorOf, type Failure } from '../threads/failure.js';
import { WorkerThread } from '../threads/worker-thread.js';
import type { BatchImage } from './batch-image.js';
import { failedImage, type ImageOutcome } from './image-line.js';

/** A model, as a thread loads it for itself. */
export interface LaneModel {
  source: string;
  load: LoadModelOptions;
}

/** What a lane is started with. */
export interface LaneData {
  model: LaneModel;
  options: ExplainOptions;
  folder: string;
  kinds: readonly FileKind[];
  /** A store takes the files afterwards. */
  stored: boolean;
}

/** To a lane: an image, with its bytes where it is no file; or to stop what is under way. */
export type ToLane =
  { kind: 'image'; id: number; input: string; name: string; bytes?: Uint8Array } | { kind: 'stop' };

export type FromLane = { id: number; outcome: ImageOutcome } | { id: number; failure: Failure };

interface Lane {
  thread: WorkerThread<ToLane, FromLane>;
  /** Why it ended by itself. */
  fault?: SmugError;
  /** By the number of the image. */
  waiting: Map<number, { resolve: (outcome: ImageOutcome) => void; reject: (error: Error) => void }>;
}

/**
 * Threads that explain the images of a batch from end to end, each with the model loaded for itself. Reading, choosing nodes,
 * encoding and drawing are JavaScript, and take as long as one core takes for the network: one thread would have the other
 * cores wait for it.
 */
export class Lanes {
  readonly #lanes: Lane[];
  readonly #stop = () => this.#lanes.forEach(({ thread }) => thread.post({ kind: 'stop' }));
  readonly #signal?: AbortSignal;
  #images = 0;

  constructor(data: LaneData, count: number, signal?: AbortSignal) {
    this.#lanes = Array.from({ length: count }, () => this.#start(data));
    this.#signal = signal;
    signal?.addEventListener('abort', this.#stop);
  }

  /** @throws as `explainToFiles`; SmugError OUT_OF_MEMORY and ENGINE_FAILED where the thread ended */
  async explain(image: BatchImage): Promise<ImageOutcome> {
    const { input, name, read } = image;
    let bytes: Uint8Array | undefined;
    try {
      // Archives and buckets are open in this thread.
      bytes = await read?.();
    } catch (error) {
      return failedImage(image, error, this.#signal);
    }
    throwIfAborted(this.#signal);
    const id = this.#images++;
    // One that ended takes its own images along and no others.
    const alive = this.#lanes.filter(({ thread }) => !thread.ended);
    if (alive.length === 0) throw this.#lanes[0].fault;
    const lane = alive.reduce((least, each) => (each.waiting.size < least.waiting.size ? each : least));
    return new Promise((resolve, reject) => {
      lane.waiting.set(id, { resolve, reject });
      lane.thread.post({ kind: 'image', id, input, name, ...(bytes && { bytes }) });
    });
  }

  async end(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#stop);
    await Promise.all(this.#lanes.map(({ thread }) => thread.end()));
  }

  #start(data: LaneData): Lane {
    const thread = new WorkerThread<ToLane, FromLane>({
      name: 'A thread of the batch',
      entry: new URL('./lane-thread.js', import.meta.url),
      data,
    });
    const lane: Lane = { thread, waiting: new Map() };
    thread.listen({
      message: (message) => {
        const { resolve, reject } = lane.waiting.get(message.id)!;
        lane.waiting.delete(message.id);
        if ('failure' in message) reject(errorOf(message.failure));
        else resolve(message.outcome);
      },
      failed: (fault) => {
        lane.fault = new SmugError(
          fault.outOfMemory ? 'OUT_OF_MEMORY' : 'ENGINE_FAILED',
          `${fault.message}.`,
          {
            cause: fault,
          },
        );
        for (const { reject } of lane.waiting.values()) reject(lane.fault);
        lane.waiting.clear();
      },
    });
    return lane;
  }
}
