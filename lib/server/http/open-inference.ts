import type { FastifyInstance } from 'fastify';
import { packageVersion } from '../../capabilities.js';
import { SmugError } from '../../errors.js';
import { findModel } from '../served-models.js';
import type { Service } from '../service.js';
import { answering } from './answering.js';
import { readBinaryTensors } from './binary-tensors.js';
import { fromBase64, isBase64 } from './read-input.js';
import type { RequestSignals } from './request-signal.js';

interface Tensor {
  name?: unknown;
  datatype?: unknown;
  data?: unknown;
  parameters?: { content_type?: unknown };
}

interface Body {
  id?: unknown;
  inputs?: Tensor[];
  parameters?: { explain_parameters?: unknown };
}

/**
 * The Open Inference Protocol as MLServer's explain runtime answers it: an input of type BYTES with one element, the image as
 * base64 or, after the JSON, as it is (or a text, named `text`), options in `parameters.explain_parameters`; one output named `explanation` of type BYTES
 * that holds JSON `{ meta, data }`.
 */
export function addOpenInference(app: FastifyInstance, service: Service, signals: RequestSignals): void {
  const described = { schema: { tags: ['Open Inference'] } };
  app.get('/v2', described, () => ({ name: 'smug-explain', version: packageVersion(), extensions: [] }));
  app.get<{ Params: { name: string } }>('/v2/models/:name', described, (request, reply) =>
    answering(reply, async () => {
      const { name, inputShape } = findModel(service.models, request.params.name);
      return {
        name,
        platform: 'smug-explain',
        inputs: [
          {
            name: 'image',
            datatype: 'BYTES',
            shape: [1],
            parameters: { network_shape: inputShape.join(',') },
          },
        ],
        outputs: [{ name: 'explanation', datatype: 'BYTES', shape: [1] }],
      };
    }),
  );
  app.get<{ Params: { name: string } }>('/v2/models/:name/ready', described, (request, reply) =>
    answering(reply, async () => ({
      name: findModel(service.models, request.params.name).name,
      ready: true,
    })),
  );
  void app.register(async (scope) => {
    // Triton's client names no type for a body that begins with JSON and goes on in bytes.
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
    scope.post<{ Params: { name: string }; Body: Body | Buffer }>(
      '/v2/models/:name/infer',
      described,
      (request, reply) =>
        signals.run(request, reply, (signal) =>
          answering(
            reply,
            async () => {
              const { body, params, headers } = request;
              const document = Buffer.isBuffer(body)
                ? (readBinaryTensors(body, headers['inference-header-content-length']) as Body)
                : body;
              return infer(service, params.name, document, signal);
            },
            signal,
          ),
        ),
    );
  });
}

/** Base64, or the file itself: no image file is made of base64's letters alone. */
function imageOf(element: string | Buffer): Uint8Array {
  if (typeof element === 'string') return fromBase64(element, 'the input');
  const text = element.toString('latin1');
  return isBase64(text) ? fromBase64(text, 'the input') : element;
}

async function infer(service: Service, model: string, body: Body, signal: AbortSignal) {
  findModel(service.models, model);
  const [input, ...others] = Array.isArray(body?.inputs) ? body.inputs : [];
  const data = Array.isArray(input?.data) ? (input.data as unknown[]) : [];
  const [element] = data;
  const isElement = typeof element === 'string' || Buffer.isBuffer(element);
  if (others.length > 0 || data.length !== 1 || !isElement || input.datatype !== 'BYTES')
    throw new SmugError('BAD_INPUT', 'One input of datatype BYTES with one element, a string, is expected.');
  const isText = input.name === 'text' || input.parameters?.content_type === 'str';
  const answer = await service.answer(
    {
      call: 'explain',
      model,
      options: body.parameters?.explain_parameters,
      withCertificate: true,
      ...(isText ? { text: element.toString() } : { image: imageOf(element) }),
    },
    signal,
  );
  const { proof, ...explanation } = JSON.parse(answer.body.toString('utf8')) as { proof: unknown };
  const meta = { name: 'SMUG', version: packageVersion(), type: ['whitebox'], explanations: ['local'] };
  return {
    model_name: model,
    ...(typeof body.id === 'string' && { id: body.id }),
    outputs: [
      {
        name: 'explanation',
        datatype: 'BYTES',
        shape: [1, 1],
        parameters: { content_type: 'str' },
        data: [JSON.stringify({ meta, data: { ...explanation, certificateDocument: proof } })],
      },
    ],
  };
}
