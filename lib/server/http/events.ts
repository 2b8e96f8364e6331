import type { FastifyReply } from 'fastify';
import type { ExplainProgress } from '../../explainers/options.js';
import { failureOf } from '../failure.js';
import type { Answered } from '../service.js';

/** Between two comments that keep proxies from closing a silent stream. */
const ALIVE_MS = 15_000;
const MOST_UNREAD = 2 ** 20;

/**
 * Answers as a stream of server-sent events: `progress` (the phase; points and completeness error of the attribution; size,
 * bound, and the cells that are kept where the mask got better), then `result` or `error`.
 */
export async function streamEvents(
  reply: FastifyReply,
  signal: AbortSignal,
  work: (told: (progress: ExplainProgress) => void) => Promise<Answered>,
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  const send = (event: string, data: string) => {
    if (!raw.destroyed) raw.write(`event: ${event}\ndata: ${data}\n\n`);
  };
  const alive = setInterval(() => raw.destroyed || raw.write(': working\n\n'), ALIVE_MS);
  let last: Uint8Array | null = null;
  try {
    const answer = await work((progress) => {
      // A client that reads slowly must not make the service keep what it has not read.
      if (raw.writableLength > MOST_UNREAD) return;
      const { mask, ...rest } = progress;
      const better = mask && (last === null || !Buffer.from(mask).equals(last)) ? mask : null;
      if (better) last = better;
      const cells = better && [...better.keys()].filter((cell) => better[cell] === 1);
      send('progress', JSON.stringify({ ...rest, ...(cells && { mask: cells }) }));
    });
    send('result', answer.body.toString('utf8'));
  } catch (error) {
    const { code, message, status } = failureOf(error, signal);
    send('error', JSON.stringify({ error: { code, message }, status }));
  } finally {
    clearInterval(alive);
    raw.end();
  }
}
