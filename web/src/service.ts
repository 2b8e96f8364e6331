// What the page asks of the service, and what it is told.
import type { ExplanationDocument } from '../../lib/api/explanation.js';
import type { PictureDocument, Viewport } from '../../lib/api/picture.js';
import type { PredictionDocument } from '../../lib/api/prediction.js';
import type { ServedModelDocument } from '../../lib/api/service-answers.js';
import type { Verdict } from '../../lib/api/verdict.js';

export type ServedModel = ServedModelDocument;

export interface Grid {
  height: number;
  width: number;
  window: number;
}

export interface Progress {
  phase: 'reading' | 'attribution' | 'encoding' | 'solving';
  viewport?: Viewport;
  grid?: Grid;
  steps?: number;
  completenessError?: number | null;
  size?: number | null;
  lowerBound?: number;
  stage?: 'proving' | 'choosing';
  /** Indices of the cells that are kept. */
  mask?: number[];
  elapsedMs?: number;
}

export type Explanation = ExplanationDocument & {
  picture?: PictureDocument;
  proof?: unknown;
};

export interface Settings {
  gamma: number;
  topK: number | 'auto';
  window: number | 'auto';
  evidence: 'auto' | 'activation' | 'image';
  /** Empty: the predicted one. */
  target: string;
  core: boolean;
}

export type Input = { kind: 'image'; file: Blob; name: string } | { kind: 'text'; text: string };

/** An answer that is an error. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

type Request = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

let token = sessionStorage.getItem('smug-token') ?? '';

export function setToken(given: string): void {
  token = given;
  sessionStorage.setItem('smug-token', given);
}

async function ask(path: string, { headers, ...init }: Request = {}): Promise<Response> {
  const own: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(path, { ...init, headers: { ...headers, ...own } });
  if (response.ok) return response;
  const { error } = (await response.json().catch(() => ({}))) as {
    error?: { code: string; message: string };
  };
  throw new Refused(response.status, error?.code ?? 'FAILED', error?.message ?? `Status ${response.status}.`);
}

export async function listModels(): Promise<ServedModel[]> {
  const answer = (await (await ask('v1/models')).json()) as { details: ServedModel[] };
  return answer.details;
}

export async function predict(
  model: string,
  image: Blob,
  signal: AbortSignal,
): Promise<PredictionDocument['predictions']> {
  const query = new URLSearchParams({ model, top: '5' });
  const answer = await ask(`v1/predict?${query}`, { ...imageRequest(image), signal });
  return ((await answer.json()) as PredictionDocument).predictions;
}

export async function verify(certificate: unknown): Promise<Verdict> {
  const body = JSON.stringify({ certificate });
  const headers = { 'content-type': 'application/json' };
  return (await ask('v1/verify', { method: 'POST', headers, body })).json() as Promise<Verdict>;
}

/**
 * Explains an input; `told` hears how far it is.
 * @throws Refused; AbortError where the signal is raised
 */
export async function explain(
  model: string,
  input: Input,
  settings: Settings,
  signal: AbortSignal,
  told: (progress: Progress) => void,
): Promise<Explanation> {
  const { path, init } = explainRequest(model, input, settings);
  const headers = { ...init.headers, accept: 'text/event-stream' };
  const response = await ask(path, { ...init, headers, signal });
  for await (const { event, data } of eventsOf(response)) {
    if (event === 'progress') told(data as Progress);
    if (event === 'result') return data as Explanation;
    if (event === 'error') {
      const { error, status } = data as { error: { code: string; message: string }; status: number };
      throw new Refused(status, error.code, error.message);
    }
  }
  throw new Refused(0, 'CUT_OFF', 'The connection was closed before there was an answer.');
}

function explainRequest(model: string, input: Input, settings: Settings): { path: string; init: Request } {
  const { gamma, topK, window, evidence, target, core } = settings;
  const options = { gamma, topK, core, ...(target !== '' && { target }) };
  if (input.kind === 'text') {
    const body = JSON.stringify({ model, text: input.text, options, certificate: true });
    return {
      path: 'v1/explain',
      init: { method: 'POST', headers: { 'content-type': 'application/json' }, body },
    };
  }
  const fields = { model, ...options, window, evidence, certificate: true, picture: true };
  const query = new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]));
  return { path: `v1/explain?${query}`, init: imageRequest(input.file) };
}

function imageRequest(body: Blob): Request {
  return { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body };
}

/** The events of a stream, as they come. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: unknown }> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) };
    }
  }
}
