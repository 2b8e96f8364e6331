import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requestBodies, type ServiceCall } from '../../api/service.js';
import { serviceAnswers, serviceFailure } from '../../api/service-answers.js';
import type { Question, Service } from '../service.js';
import { streamEvents } from './events.js';
import { readInput } from './read-input.js';
import type { RequestSignals } from './request-signal.js';

const summaries: Record<ServiceCall, string> = {
  explain:
    'The smallest part of an image or text that keeps what the first layer tells the rest about the class.',
  attribute: "Scores of the first layer's nodes (float32, little-endian, base64).",
  predict: 'The best classes of an image or text.',
  solve: 'The smallest mask of a mask problem.',
  verify: 'Checks a certificate.',
};

/** The service's own interface: `/v1/explain`, `/v1/attribute`, `/v1/predict`, `/v1/solve`, `/v1/verify`, `/v1/models`. */
export function addV1(app: FastifyInstance, service: Service, signals: RequestSignals): void {
  for (const call of Object.keys(requestBodies) as ServiceCall[]) {
    app.post(`/v1/${call}`, {
      schema: describe(call),
      attachValidation: true,
      ...bytesUnseen(),
      serializerCompiler: () => (data) => JSON.stringify(data),
      handler: (request, reply) =>
        signals.run(request, reply, async (signal) => {
          // Only a JSON body is an object of this form; bytes and forms are read by hand.
          if (request.validationError && !isBytes(request)) throw request.validationError;
          const question = await questionOf(call, request, signal);
          const wanted = request.headers.accept ?? '';
          if (call === 'explain' && wanted.includes('text/event-stream'))
            return streamEvents(reply, signal, signals.readiness, (told) =>
              service.answer(question, signal, told),
            );
          const format = call === 'explain' && wanted.startsWith('image/png') ? 'png' : 'json';
          const { type, body, source } = await service.answer({ ...question, format }, signal);
          return reply.header('x-smug-answer', source).type(type).send(body);
        }),
    });
  }
}

async function questionOf(
  call: ServiceCall,
  request: FastifyRequest,
  signal: AbortSignal,
): Promise<Question> {
  if (call !== 'solve' && call !== 'verify') return { call, ...(await readInput(request, signal)) };
  const body = (request.body ?? {}) as Record<string, unknown>;
  if (call === 'verify')
    return { call, certificate: body.certificate, problem: body.problem, options: body.options };
  return { call, problem: body.problem, options: body.options, withCertificate: body.certificate === true };
}

function describe(call: ServiceCall) {
  const needsInput = call !== 'solve' && call !== 'verify';
  return {
    summary: summaries[call],
    tags: ['v1'],
    consumes: needsInput
      ? [
          'application/json',
          'application/octet-stream',
          'image/png',
          'image/jpeg',
          'image/webp',
          'multipart/form-data',
        ]
      : ['application/json'],
    produces:
      call === 'explain' ? ['application/json', 'image/png', 'text/event-stream'] : ['application/json'],
    body: requestBodies[call],
    response: { 200: serviceAnswers[call], '4xx': serviceFailure, '5xx': serviceFailure },
  };
}

/** Has the form of every body with an image. */
const FORMED = { image: '' };

/** Keeps bytes from the check of the body's form, which would make a name of every one of them: milliseconds, of large images seconds. */
function bytesUnseen() {
  const kept = new WeakMap<FastifyRequest, Buffer>();
  return {
    preValidation: async (request: FastifyRequest) => {
      if (!Buffer.isBuffer(request.body)) return;
      kept.set(request, request.body);
      request.body = FORMED;
    },
    preHandler: async (request: FastifyRequest) => {
      request.body = kept.get(request) ?? request.body;
    },
  };
}

/** Whether the body is a file, a form or a plain text. */
function isBytes(request: FastifyRequest): boolean {
  return request.isMultipart() || Buffer.isBuffer(request.body) || typeof request.body === 'string';
}

/** Routes of KServe and Open Inference, in whose shape an error is a string. */
const STRINGS = /^\/v(2(\/|$)|1\/models\/)/;

/** Sends a failure in the shape of the protocol that was spoken. */
export function sendFailure(
  reply: FastifyReply,
  {
    status,
    code,
    message,
    retryAfter,
  }: { status: number; code: string; message: string; retryAfter?: number },
): FastifyReply {
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  const error = STRINGS.test(reply.request.url) ? `${code}: ${message}` : { code, message };
  return reply.code(status).send({ error });
}
