import type { FastifyReply } from 'fastify';
import type { ExplainProgress } from '../../explainers/options.js';
import { failureOf } from '../failure.js';
import type { Answered } from '../service.js';
import type { Readiness } from './operations.js';

/** Between two comments that keep proxies from closing a silent stream. */
const ALIVE_MS = 15_000;
const MOST_UNREAD = 2 ** 20;

/**
 * Answers as a stream of server-sent events: `progress` (the phase; points and completeness error of the attribution; size,
 * bound, and the cells that are kept where the mask got better), then `result` or `error`. The stream begins once the input is
 * read, or after a while of waiting: what fails before is an answer with a status of its own.
 *
 * @throws what `work` throws before the stream has begun
 */
export async function streamEvents(
  reply: FastifyReply,
  signal: AbortSignal,
  readiness: Readiness,
  work: (told: (progress: ExplainProgress) => void) => Promise<Answered>,
): Promise<void> {
  const { raw } = reply;
  const begin = () => {
    if (raw.headersSent) return;
    reply.hijack();
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      ...(readiness.draining && { connection: 'close' }),
    });
  };
  const write = (text: string) => {
    if (raw.destroyed) return;
    begin();
    raw.write(text);
  };
  // What only says that the input is being read waits for more: most of what is wrong shows there.
  let held = '';
  const send = (event: string, data: string, more = true) => {
    held += `event: ${event}\ndata: ${data}\n\n`;
    if (!more) return;
    write(held);
    held = '';
  };
  const alive = setInterval(() => write(': working\n\n'), ALIVE_MS);
  let last: Uint8Array | null = null;
  try {
    const answer = await work((progress) => {
      // A client that reads slowly must not make the service keep what it has not read.
      if (raw.writableLength > MOST_UNREAD) return;
      const { mask, ...rest } = progress;
      const better = mask && (last === null || !Buffer.from(mask).equals(last)) ? mask : null;
      if (better) last = better;
      const cells = better && [...better.keys()].filter((cell) => better[cell] === 1);
      const document = JSON.stringify({ ...rest, ...(cells && { mask: cells }) });
      send('progress', document, raw.headersSent || progress.phase !== 'reading');
    });
    send('result', answer.body.toString('utf8'));
  } catch (error) {
    if (!raw.headersSent) throw error;
    const { code, message, status } = failureOf(error, signal);
    send('error', JSON.stringify({ error: { code, message }, status }));
  } finally {
    clearInterval(alive);
    // A connection that stays open would hold the end of the service back until its client closes it.
    const { socket } = raw;
    if (raw.headersSent) raw.end(() => readiness.draining && socket?.end());
  }
}
