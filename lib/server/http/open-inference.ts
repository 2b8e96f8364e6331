import type { FastifyInstance } from 'fastify';
import { packageVersion } from '../../capabilities.js';
import { SmugError } from '../../errors.js';
import { findModel } from '../served-models.js';
import type { Service } from '../service.js';
import { answering } from './answering.js';
import { fromBase64 } from './read-input.js';
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
 * base64 (or a text, named `text`), options in `parameters.explain_parameters`; one output named `explanation` of type BYTES
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
  app.post<{ Params: { name: string }; Body: Body }>('/v2/models/:name/infer', described, (request, reply) =>
    signals.run(request, reply, (signal) =>
      answering(reply, () => infer(service, request.params.name, request.body, signal), signal),
    ),
  );
}

async function infer(service: Service, model: string, body: Body, signal: AbortSignal) {
  findModel(service.models, model);
  const [input, ...others] = Array.isArray(body?.inputs) ? body.inputs : [];
  const data = Array.isArray(input?.data) ? (input.data as unknown[]) : [];
  if (others.length > 0 || data.length !== 1 || typeof data[0] !== 'string' || input.datatype !== 'BYTES')
    throw new SmugError('BAD_INPUT', 'One input of datatype BYTES with one element, a string, is expected.');
  const isText = input.name === 'text' || input.parameters?.content_type === 'str';
  const answer = await service.answer(
    {
      call: 'explain',
      model,
      options: body.parameters?.explain_parameters,
      withCertificate: true,
      ...(isText ? { text: data[0] } : { image: fromBase64(data[0], 'the input') }),
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
