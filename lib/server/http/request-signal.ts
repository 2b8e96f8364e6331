import type { FastifyReply, FastifyRequest } from 'fastify';
import { badOption } from '../../errors.js';
import { GivenUp } from '../failure.js';
import type { Readiness } from './operations.js';

/** Requests under way, so that a service that shuts down can wait for them and, at last, give them up. */
export class RequestSignals {
  readonly #open = new Set<AbortController>();

  constructor(
    readonly deadlineSeconds: number,
    readonly readiness: Readiness,
  ) {}

  get open(): number {
    return this.#open.size;
  }

  /**
   * Runs work under a signal that is raised when the client goes away, the deadline passes or the service gives up.
   * Clients ask for less time by `x-deadline-ms`.
   */
  async run<Result>(
    request: FastifyRequest,
    reply: FastifyReply,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const controller = new AbortController();
    const gone = () => {
      if (!reply.raw.writableFinished) controller.abort(new GivenUp('gone'));
    };
    const timer = setTimeout(() => controller.abort(new GivenUp('deadline')), this.#milliseconds(request));
    reply.raw.on('close', gone);
    this.#open.add(controller);
    try {
      return await work(controller.signal);
    } catch (error) {
      // Whatever the work says of being cancelled, this is why.
      throw controller.signal.aborted ? controller.signal.reason : error;
    } finally {
      clearTimeout(timer);
      reply.raw.off('close', gone);
      this.#open.delete(controller);
    }
  }

  /** Gives up whatever is still under way. */
  giveUp(): void {
    for (const controller of this.#open) controller.abort(new GivenUp('draining'));
  }

  #milliseconds(request: FastifyRequest): number {
    const most = this.deadlineSeconds * 1000;
    const wanted = request.headers['x-deadline-ms'];
    if (wanted === undefined) return most;
    const number = Number(wanted);
    if (!(number > 0)) throw badOption('x-deadline-ms', wanted, 'milliseconds, more than 0');
    return Math.min(most, number);
  }
}
