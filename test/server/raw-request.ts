// Requests byte by byte: what a client library would refuse to send is sent.
import { connect, type Socket } from 'node:net';
import type { MalformedRequest } from './malformed-requests.js';

export interface RawAnswer {
  /** 0 where the server closed the connection without a word. */
  status: number;
  text: string;
}

const port = (url: string) => Number(new URL(url).port);

/** A connection on which nothing is sent but what the caller writes. */
export const openSocket = (url: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port(url), '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });

/** A request as the bytes of HTTP/1.1, the connection closed after it. */
export function bytesOf({ method, path, headers, body, raw }: MalformedRequest): Buffer {
  if (raw) return raw;
  const lines = Object.entries({
    host: '127.0.0.1',
    connection: 'close',
    'content-length': String(body.length),
    ...headers,
  });
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** Sends a request and reads all that comes back. @throws Error where nothing ends it in time */
export async function sendRaw(
  url: string,
  request: MalformedRequest,
  milliseconds: number,
): Promise<RawAnswer> {
  const socket = await openSocket(url);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(
          `${request.kind}: no answer in ${milliseconds} ms: ${bytesOf(request).toString('latin1', 0, 300)}`,
        ),
      );
    }, milliseconds);
    // A server that closes while it is written to resets the connection: what it said before counts.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(late);
      resolve();
    });
    socket.write(bytesOf(request));
    // What announces more than it sends ends here.
    if (request.raw) setTimeout(() => socket.end(), 100);
  });
  const text = Buffer.concat(chunks).toString('latin1');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}

/** What an answer to anybody must not have: another failure than those by design, or something of the server's. */
export function faultOf({ status, text }: RawAnswer, secrets: readonly string[]): string | undefined {
  if (status >= 500 && ![503, 504].includes(status)) return `status ${status}`;
  const inside = ['node_modules', '/dist/', 'root:x:0', ...secrets].find((part) => text.includes(part));
  if (inside !== undefined) return `says ${inside}`;
  if (/\n\s+at .*:\d+/.test(text) || /\.[jt]s:\d+/.test(text)) return 'has a stack';
  return undefined;
}
