import { createHash, type Hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { PictureDocument } from '../api/picture.js';
import type { ServiceCall, ServiceOptions } from '../api/service.js';
import { badOption, SmugError } from '../errors.js';
import { SharedBatches } from '../attribution/shared-batches.js';
import { attributeImage } from '../explainers/attribute-image.js';
import { explainImage } from '../explainers/explain-image.js';
import { packageVersion } from '../capabilities.js';
import { explainText } from '../explainers/explain-text.js';
import type { Explanation, ImageExplanation } from '../explainers/explanation.js';
import type { ExplainProgress } from '../explainers/options.js';
import type { LoadModelOptions } from '../model/load-model.js';
import { predictImage } from '../model/predict-image.js';
import { predictText } from '../model/predict-text.js';
import { overlayInPieces } from '../reports/overlay.js';
import { pngOf } from '../reports/png.js';
import { buildCertificate } from '../solvers/evidence/certificate.js';
import { solutionDocument } from '../solvers/solution-document.js';
import { solveMask } from '../solvers/solve-mask.js';
import type { MaskProblem } from '../masks/problem.js';
import { validateProblem } from '../masks/validate.js';
import { givingWay } from '../threads/in-pieces.js';
import { verifyCertificate } from '../verify-certificate.js';
import type { Answer } from './answer.js';
import { AnswerCache } from './answer-cache.js';
import { checkPixels } from './check-pixels.js';
import { checkClientOptions, type ClientOptions } from './client-options.js';
import { Flights } from './flights.js';
import { createMetrics, type Metrics } from './metrics.js';
import { modelDigest } from './model-digest.js';
import { findModel, loadServedModels, type ServedModel } from './served-models.js';
import { WorkQueue } from './work-queue.js';

/** What a client asks, once its request is read. */
export interface Question {
  call: ServiceCall;
  model?: string;
  image?: Uint8Array;
  text?: string;
  problem?: unknown;
  certificate?: unknown;
  options?: unknown;
  /** `png`: the overlay of an explained image. */
  format?: 'json' | 'png';
  /** Whether the answer shall hold the certificate. */
  withCertificate?: boolean;
  /** Whether an image's answer shall hold what a picture is drawn from: its place in the image, scores of cells. */
  withPicture?: boolean;
}

export interface Answered extends Answer {
  source: 'solved' | 'shared' | 'cached';
}

type Told = (progress: ExplainProgress) => void;

/** Answers questions: bounded work, each question once, the same answer from the cache. Knows nothing of HTTP. */
export class Service {
  readonly #flights = new Flights<Answer, ExplainProgress>();
  /** What is cheap, and what takes an engine or a check but no search, never waits for proofs. */
  readonly #light: WorkQueue;
  readonly #middle: WorkQueue;
  readonly heavy: WorkQueue;
  readonly #batches: SharedBatches;
  /** Told where the folder of answers begins to fail; the answers go out all the same. */
  onCacheFailure: (error: unknown) => void = () => {};
  #cacheFails = false;

  private constructor(
    readonly models: ReadonlyMap<string, ServedModel>,
    readonly options: ServiceOptions,
    readonly cache: AnswerCache,
    heavy: WorkQueue,
    readonly metrics: Metrics,
    /** Of the models' content, where answers outlive the process. */
    readonly digests: ReadonlyMap<string, string>,
  ) {
    this.heavy = heavy;
    this.#batches = new SharedBatches((images) => metrics.batch(images));
    this.#light = new WorkQueue(availableParallelism(), options.queue);
    this.#middle = new WorkQueue(options.concurrency, options.queue);
  }

  /** @throws as `loadModel`; SmugError FILE_UNWRITABLE, MISSING_PART */
  static async start(options: ServiceOptions, load: LoadModelOptions = {}): Promise<Service> {
    const heavy = new WorkQueue(options.concurrency, options.queue);
    const { cacheFolder } = options;
    const cache = await AnswerCache.open(options.cache, cacheFolder, options.cacheFolderBytes);
    const metrics = await createMetrics({
      running: () => heavy.running,
      waiting: () => heavy.waiting,
      cacheBytes: () => cache.bytes,
    });
    const models = await loadServedModels(options.model ?? [], load);
    const digests = new Map<string, string>();
    if (cacheFolder !== undefined)
      for (const { name, model } of models.values()) digests.set(name, await modelDigest(model.file.path));
    return new Service(models, options, cache, heavy, metrics, digests);
  }

  /**
   * Answers a question. The signal cancels it: a solve then gives the best it has.
   * @param told hears how far an explanation is, also one that somebody else asked for
   * @throws what the library throws; QueueFull
   */
  async answer(question: Question, signal: AbortSignal, told?: Told): Promise<Answered> {
    const settled = await this.#settle(question);
    const known = await this.cache.get(settled.key);
    if (known) return this.#from('cached', known);
    // Whatever has an answer has passed this before: it is the slowest part of answering from the cache.
    if (question.image !== undefined) await checkPixels(question.image, this.options.maxPixels);
    const work = (own: AbortSignal, tell: Told) => this.#work(settled, own, tell);
    const { result, shared } = await this.#flights.join(settled.key, signal, work, told);
    return this.#from(shared ? 'shared' : 'solved', result);
  }

  dispose(): void {
    for (const { model } of this.models.values()) model.dispose();
  }

  #from(source: Answered['source'], answer: Answer): Answered {
    this.metrics.source(source);
    return { ...answer, source };
  }

  /** Checks what can be checked before any work, and names the question. */
  async #settle(question: Question): Promise<Settled> {
    const { call, image, text, problem, certificate, format = 'json' } = question;
    const { withCertificate = false, withPicture = false } = question;
    const options = checkClientOptions(call, question.options, this.options);
    const served = ['solve', 'verify'].includes(call) ? null : findModel(this.models, question.model);
    if (served !== null) {
      if ((image === undefined) === (text === undefined))
        throw new SmugError('BAD_INPUT', 'Send one input: an image or a text.');
      if (text !== undefined && call === 'attribute') throw new SmugError('BAD_INPUT', 'Send an image.');
      if (text !== undefined && format === 'png') throw new SmugError('BAD_INPUT', 'A text has no picture.');
    }
    const { maxVariables } = this.options;
    checkVariables(problem, maxVariables);
    // A certificate brings its own.
    checkVariables((certificate as { problem?: unknown } | null | undefined)?.problem, maxVariables);
    const hash = createHash('sha256');
    const named = JSON.stringify([
      call,
      // A folder of answers outlives the process: another model under this name, or another version, is asked anew.
      [served?.name, served && this.digests.get(served.name), packageVersion()],
      sorted(options),
      format,
      withCertificate,
      withPicture,
      text ?? null,
    ]);
    hash.update(named).update('\0');
    if (image !== undefined) await hashInPieces(hash, image);
    else hash.update(JSON.stringify([problem ?? null, certificate ?? null]));
    return { ...question, options, served, format, withCertificate, withPicture, key: hash.digest('hex') };
  }

  async #work(question: Settled, signal: AbortSignal, told: Told): Promise<Answer> {
    const { call } = question;
    const queue =
      call === 'predict'
        ? this.#light
        : call === 'attribute' || call === 'verify'
          ? this.#middle
          : this.heavy;
    const asked = performance.now();
    return queue.run(signal, async () => {
      this.metrics.stage('waiting', (performance.now() - asked) / 1000);
      const { answer, final } = await this.#doneFor(question, signal, told);
      // What was cut off may come out better the next time.
      if (final && !signal.aborted) await this.#remember(question.key, answer);
      return answer;
    });
  }

  async #remember(key: string, answer: Answer): Promise<void> {
    try {
      await this.cache.put(key, answer);
      this.#cacheFails = false;
    } catch (error) {
      if (!this.#cacheFails) this.onCacheFailure(error);
      this.#cacheFails = true;
    }
  }

  async #doneFor(
    question: Settled,
    signal: AbortSignal,
    told: Told,
  ): Promise<{ answer: Answer; final: boolean }> {
    const { call, options } = question;
    switch (call) {
      case 'explain':
        return this.#explain(question, signal, told);
      case 'solve': {
        const problem = await validateProblem(question.problem as MaskProblem);
        const solution = await solveMask(problem, {
          ...options,
          signal,
          certificate: question.withCertificate,
        });
        const certificate = question.withCertificate
          ? { proof: await buildCertificate(problem, solution) }
          : {};
        this.metrics.stage('solving', solution.wallMs / 1000);
        return {
          answer: json({ ...solutionDocument(solution), ...certificate }),
          final: solution.status === 'optimal' || solution.status === 'infeasible',
        };
      }
      case 'verify': {
        const { certificate, problem } = question;
        const verdict = await verifyCertificate(certificate, {
          ...options,
          ...(problem !== undefined && { problem }),
          signal,
        });
        return { answer: json(verdict), final: verdict.verdict !== 'not-checked' };
      }
      case 'attribute': {
        const { name, model } = question.served!;
        const { scores, ...found } = await attributeImage(model, question.image!, {
          ...options,
          signal,
          sharedBatches: this.#batches,
        });
        const document = { ...found.toJSON(), model: name, input: 'image' };
        return { answer: json({ ...document, scores: base64(scores.data) }), final: true };
      }
      case 'predict': {
        const { name, model } = question.served!;
        const { image, text } = question;
        const found = await (text === undefined
          ? predictImage(model, image!, options)
          : predictText(model, text, { ...options, signal }));
        const input = text === undefined ? 'image' : 'text';
        return { answer: json({ ...found, model: name, input }), final: true };
      }
    }
  }

  async #explain(
    question: Settled,
    signal: AbortSignal,
    told: Told,
  ): Promise<{ answer: Answer; final: boolean }> {
    const { served, image, text, format, withCertificate, withPicture } = question;
    const { name, model } = served!;
    const options = {
      ...question.options,
      signal,
      certificate: withCertificate,
      onProgress: told,
      sharedBatches: this.#batches,
    };
    const explanation: Explanation =
      text === undefined
        ? await explainImage(model, image!, options)
        : await explainText(model, text, textOptions(options));
    const { timing, mask, certificate } = explanation;
    this.metrics.stage('loading', timing.loadMs / 1000);
    this.metrics.stage('attribution', timing.attributionMs / 1000);
    this.metrics.stage('encoding', timing.encodingMs / 1000);
    this.metrics.stage('solving', timing.solveMs / 1000);
    this.metrics.mask(mask.size, certificate.status === 'optimal');
    const final = certificate.status === 'optimal';
    if (format === 'png') {
      const picture = await givingWay(overlayInPieces((explanation as ImageExplanation).drawing));
      const body = await pngOf(picture);
      return { answer: { type: 'image/png', body }, final };
    }
    const proof = withCertificate
      ? { proof: await buildCertificate(explanation.problem, explanation.solution) }
      : {};
    // The input's own name is the server's word for it; a text is known to whoever sent it.
    return {
      answer: json({
        ...explanation.toJSON(),
        input: text === undefined ? 'image' : 'text',
        model: name,
        ...(withPicture && text === undefined && { picture: pictureOf(explanation as ImageExplanation) }),
        ...proof,
      }),
      final,
    };
  }
}

/** A piece takes a few milliseconds. */
const HASHED_AT_ONCE = 2 ** 21;

async function hashInPieces(hash: Hash, bytes: Uint8Array): Promise<void> {
  for (let first = 0; first < bytes.length; first += HASHED_AT_ONCE) {
    if (first > 0) await setImmediate();
    hash.update(bytes.subarray(first, first + HASHED_AT_ONCE));
  }
}

interface Settled extends Question {
  options: ClientOptions;
  served: ServedModel | null;
  format: 'json' | 'png';
  withCertificate: boolean;
  withPicture: boolean;
  key: string;
}

/** A few bytes can declare a problem that fills the memory. @throws SmugError BAD_PROBLEM */
function checkVariables(problem: unknown, most: number): void {
  const variables = (problem as Partial<MaskProblem> | null | undefined)?.variables;
  if (typeof variables === 'number' && variables > most)
    throw new SmugError('BAD_PROBLEM', `variables: at most ${most} here, got ${variables}.`);
}

/** Texts hide words, not pixels. */
function textOptions(options: ClientOptions): ClientOptions {
  for (const name of ['evidence', 'blank'])
    if (name in options) throw badOption(name, options[name], 'left out for texts');
  return options;
}

function pictureOf({ drawing, problem }: ImageExplanation): PictureDocument {
  const scores = Array.from(problem.weights ?? [], (score) => Number(score.toPrecision(6)));
  return { viewport: drawing.viewport, scores };
}

function json(document: unknown): Answer {
  return { type: 'application/json; charset=utf-8', body: Buffer.from(JSON.stringify(document)) };
}

/** Little-endian float32. */
function base64(data: Float32Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

function sorted(options: ClientOptions): [string, unknown][] {
  return Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
}
