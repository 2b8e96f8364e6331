import type { FastifyReply } from 'fastify';
import { failureOf } from '../failure.js';

/** Answers, or fails in the shape of KServe and Open Inference: an error is a string. */
export async function answering(
  reply: FastifyReply,
  work: () => Promise<unknown>,
  signal?: AbortSignal,
): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    const { status, code, message, retryAfter } = failureOf(error, signal);
    if (status === 500) reply.log.error({ err: error }, 'failed');
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
    return reply.code(status).send({ error: `${code}: ${message}` });
  }
}
