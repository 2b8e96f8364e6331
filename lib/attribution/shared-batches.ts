import type { CompiledNetwork } from '../engines/engine.js';
import { aborted, throwIfAborted } from '../errors.js';
import type {
  AttributionOptions,
  AttributionProgress,
  AttributionScores,
  KnownPath,
  PathSharing,
} from './attribution.js';
import { integrateEach, integratePaths, type AskedPath } from './integrated-gradients.js';

/** Batches of one network at once: the host's work on one hides behind the device's on the other. */
const AT_ONCE = 2;

/**
 * Integrated gradients of images that wait together, as one batch of the engine. It pays where one image does not fill the
 * engine (`CompiledNetwork.pathsThatFill`); elsewhere every path runs alone.
 *
 * What is asked for within one turn of the event loop starts together. While two batches of a network run, newcomers gather;
 * they start when one of the two ends, or once they are as many as the paths still at work, so that a slow path holds nobody up.
 *
 * Only paths of one network with the same numbers in their options share a batch. Each gets what it would get alone, within
 * the engine's rounding: it leaves as soon as it is settled, and where a batch fails, or the memory that its paths share ends
 * one of them early, those left go on alone. A signal gives up its own path at once.
 */
export class SharedBatches implements PathSharing {
  readonly #lines = new WeakMap<CompiledNetwork, Line>();

  readonly #onBatch: (images: number) => void;

  /** @param onBatch told the number of images of every batch that starts */
  constructor(onBatch: (images: number) => void = () => {}) {
    this.#onBatch = onBatch;
  }

  /** @throws as `integratedGradients` */
  async integrate(
    network: CompiledNetwork,
    path: KnownPath,
    options: AttributionOptions = {},
  ): Promise<AttributionScores> {
    throwIfAborted(options.signal);
    if (network.pathsThatFill === undefined) {
      const [scores] = await integratePaths(network, [path], options);
      return scores;
    }
    const line = this.#lines.get(network) ?? new Line(network, this.#onBatch);
    this.#lines.set(network, line);
    return line.add(path, options);
  }
}

/** Who waits for one network, and the batches of it that run. */
class Line {
  #waiting: Member[] = [];
  readonly #running = new Set<{ members: Member[]; work: AbortController }>();
  #looksSoon = false;
  readonly #network: CompiledNetwork;
  readonly #onBatch: (images: number) => void;

  constructor(network: CompiledNetwork, onBatch: (images: number) => void) {
    this.#network = network;
    this.#onBatch = onBatch;
  }

  add(path: KnownPath, options: AttributionOptions): Promise<AttributionScores> {
    const member = new Member(path, options, () => this.#lookSoon());
    this.#waiting.push(member);
    this.#lookSoon();
    return member.scores;
  }

  /** After this turn of the event loop: whoever else comes in it shares the batch. */
  #lookSoon(): void {
    if (this.#looksSoon) return;
    this.#looksSoon = true;
    setImmediate(() => {
      this.#looksSoon = false;
      this.#look();
    });
  }

  #look(): void {
    for (const { members, work } of this.#running) if (members.every(({ done }) => done)) work.abort();
    this.#waiting = this.#waiting.filter(({ done }) => !done);
    for (let next = this.#next(); next.length > 0; next = this.#next()) {
      const started = new Set(next);
      this.#waiting = this.#waiting.filter((member) => !started.has(member));
      void this.#run(next);
    }
  }

  /** Who starts now, the one that has waited longest among them; nobody while there is enough to do. */
  #next(): Member[] {
    const [first] = this.#waiting;
    const alike = this.#waiting.filter(({ numbers }) => numbers === first.numbers);
    const next = alike.slice(0, this.#network.pathsThatFill ?? 1);
    const atWork = [...this.#running].flatMap(({ members }) => members).filter(({ done }) => !done).length;
    return this.#running.size < AT_ONCE || next.length >= atWork ? next : [];
  }

  async #run(members: Member[]): Promise<void> {
    const batch = { members, work: new AbortController() };
    this.#running.add(batch);
    this.#onBatch(members.length);
    if (members.length > 1) {
      const options = { ...members[0].options, signal: batch.work.signal };
      // Whoever is left hears alone of what concerns it.
      await integrateEach(this.#network, members, options).catch(() => undefined);
    }
    // One after another: together they had too little memory.
    for (const member of members) if (!member.done) await member.goAlone(this.#network);
    this.#running.delete(batch);
    this.#lookSoon();
  }
}

/** One path and whoever waits for its scores. */
class Member implements AskedPath {
  readonly scores: Promise<AttributionScores>;
  /** What must be the same in a batch. */
  readonly numbers: string;
  done = false;
  #resolve!: (scores: AttributionScores) => void;
  #reject!: (error: unknown) => void;
  readonly #onLeave: () => void;

  constructor(
    readonly path: KnownPath,
    readonly options: AttributionOptions,
    onLeave: () => void,
  ) {
    this.#onLeave = onLeave;
    const { tolerance, stop, stability, topK, steps, maxSteps, signal } = options;
    this.numbers = JSON.stringify([tolerance, stop, stability, topK, steps, maxSteps]);
    this.scores = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal?.addEventListener('abort', this.#giveUp);
  }

  onProgress(progress: AttributionProgress): void {
    if (!this.done) this.options.onProgress?.(progress);
  }

  onSettled(scores: AttributionScores, outOfRoom: boolean): void {
    if (outOfRoom) return;
    this.#resolve(scores);
    this.#leave();
  }

  async goAlone(network: CompiledNetwork): Promise<void> {
    try {
      const [scores] = await integratePaths(network, [this.path], this.options);
      this.#resolve(scores);
    } catch (error) {
      this.#reject(error);
    }
    this.#leave();
  }

  readonly #giveUp = () => {
    this.#reject(aborted(this.options.signal));
    this.#leave();
  };

  #leave(): void {
    this.done = true;
    this.options.signal?.removeEventListener('abort', this.#giveUp);
    this.#onLeave();
  }
}
