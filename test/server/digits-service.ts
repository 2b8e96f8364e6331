import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { serve, type RunningService, type ServeOptions } from '../../dist/server/serve.js';
import { projectRoot } from '../cli/smug.js';

export const digit = (which: number) => readFile(join(projectRoot, 'examples', 'digits', `${which}.png`));

/** A service of the built-in models on a free port, ended with the test. */
export async function digitsService(
  t: Pick<ExecutionContext, 'teardown'>,
  options: Partial<ServeOptions> = {},
): Promise<RunningService> {
  const running = await serve({
    model: ['digits=builtin:mnist-cnn', 'reviews=builtin:reviews-cnn'],
    port: 0,
    ...options,
  });
  t.teardown(() => running.close());
  return running;
}

/** A request with an image as its body. */
export const imageRequest = (body: Uint8Array, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'image/png', ...headers },
  body: body as unknown as ReadableStream,
});

export const jsonRequest = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** The events of a stream, in order. */
export async function eventsOf(response: Response): Promise<{ event: string; data: any }[]> {
  return (await response.text())
    .split('\n\n')
    .filter((block) => block.startsWith('event: '))
    .map((block) => {
      const [event, data] = block.split('\n').map((line) => line.slice(line.indexOf(': ') + 2));
      return { event, data: JSON.parse(data) };
    });
}

/** The JSON of an answer, whatever its status. */
export const ask = async (url: string, request?: RequestInit): Promise<any> =>
  (await fetch(url, request)).json();

export const jsonOf = async (response: Response): Promise<any> => response.json();
