import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { clientOptions } from '../../api/service.js';
import { SmugError } from '../../errors.js';
import { findModel } from '../served-models.js';
import type { Question, Service } from '../service.js';
import { answering } from './answering.js';
import type { Readiness } from './operations.js';
import { fromBase64 } from './read-input.js';
import type { RequestSignals } from './request-signal.js';

/** More in one body would hold the answer back for minutes. */
const MOST_INSTANCES = 256;

type Body = { instances?: unknown; inputs?: unknown; parameters?: unknown } | null;

/**
 * KServe's protocol V1 for an explainer that is its own predictor: `:explain` and `:predict` of a list of instances, each an
 * image as `{"b64": …}` (or `{"image": {"b64": …}}`) or a text. `parameters` holds options.
 */
export function addKserve(
  app: FastifyInstance,
  service: Service,
  signals: RequestSignals,
  readiness: Readiness,
): void {
  const ready = (_: FastifyRequest, reply: FastifyReply) =>
    readiness.draining ? reply.code(503).send({ ready: false }) : { ready: true };
  const hidden = { schema: { tags: ['KServe'] } };
  app.get('/v2/health/live', hidden, () => ({ live: true }));
  app.get('/v2/health/ready', hidden, ready);
  app.get<{ Params: { name: string } }>('/v1/models/:name', hidden, (request, reply) =>
    answering(reply, async () => {
      const { name } = findModel(service.models, request.params.name);
      return { name, ready: !readiness.draining };
    }),
  );
  for (const verb of ['explain', 'predict'] as const) {
    // Two colons are one: the first would begin a parameter.
    app.post<{ Params: { name: string }; Body: Body }>(
      `/v1/models/:name(^[\\w-]+)::${verb}`,
      { ...hidden, attachValidation: true },
      (request, reply) =>
        signals.run(request, reply, (signal) =>
          answering(reply, () => answerAll(service, verb, request.params.name, request.body, signal), signal),
        ),
    );
  }
}

async function answerAll(
  service: Service,
  verb: 'explain' | 'predict',
  name: string,
  body: Body,
  signal: AbortSignal,
) {
  findModel(service.models, name);
  const instances = body?.instances ?? body?.inputs;
  if (!Array.isArray(instances) || instances.length === 0 || instances.length > MOST_INSTANCES)
    throw new SmugError(
      'BAD_INPUT',
      `The body must be {"instances": [...]} with 1 to ${MOST_INSTANCES} of them.`,
    );
  const parameters = (body?.parameters ?? {}) as Record<string, unknown>;
  if (typeof parameters !== 'object' || Array.isArray(parameters))
    throw new SmugError('BAD_INPUT', 'parameters must be an object of options.');
  const { certificate = true, ...rest } = parameters;
  // One body serves both verbs: a prediction needs none of an explanation's options but its own.
  const own = verb === 'predict' ? clientOptions('predict') : Object.keys(rest);
  const options = Object.fromEntries(Object.entries(rest).filter(([option]) => own.includes(option)));
  const questions = instances.map((instance, at) =>
    questionOf(verb, name, instance, at, options, certificate !== false),
  );
  const found: unknown[] = [];
  // One after another: an answer that fails fails the batch, and nothing is then done for nothing.
  for (const question of questions) {
    const { body: answer } = await service.answer(question, signal);
    found.push(JSON.parse(answer.toString('utf8')));
  }
  if (verb === 'predict')
    return { predictions: found.map((one) => (one as { predictions: unknown }).predictions) };
  return { predictions: found.map((one) => (one as { target: unknown }).target), explanations: found };
}

function questionOf(
  call: 'explain' | 'predict',
  model: string,
  instance: unknown,
  at: number,
  options: Record<string, unknown>,
  withCertificate: boolean,
): Question {
  const common = { call, model, options, ...(call === 'explain' && { withCertificate }) };
  const what = `instance ${at}`;
  if (typeof instance === 'string') return { ...common, text: instance };
  const { b64, image, text } = (instance ?? {}) as {
    b64?: unknown;
    image?: { b64?: unknown };
    text?: unknown;
  };
  if (typeof text === 'string') return { ...common, text };
  const bytes = b64 ?? image?.b64;
  if (bytes === undefined)
    throw new SmugError(
      'BAD_INPUT',
      `${what} must be {"b64": "..."}, an image file as base64, or {"text": "..."}.`,
    );
  return { ...common, image: fromBase64(bytes, what) };
}
