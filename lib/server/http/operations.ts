import type { FastifyInstance } from 'fastify';
import { packageVersion } from '../../capabilities.js';
import { servedModels, type ServedModelDocument } from '../../api/service-answers.js';
import type { Service } from '../service.js';

/** Set while the service shuts down: it is alive, and wants no more requests. */
export interface Readiness {
  draining: boolean;
}

/** Health, readiness, metrics and the list of models: for orchestrators and people who operate the service. */
export function addOperations(app: FastifyInstance, service: Service, readiness: Readiness): void {
  const models = (): ServedModelDocument[] =>
    [...service.models.values()].map(({ name, model, inputShape, takes, classNames }) => ({
      name,
      ready: true,
      inputShape,
      takes,
      classNames: classNames && Array.from(classNames, (label) => label ?? null),
      engine: model.engine.name,
    }));
  app.get('/healthz', { schema: { tags: ['operations'], summary: 'Alive.' } }, () => ({ status: 'ok' }));
  app.get('/readyz', { schema: { tags: ['operations'], summary: 'Takes requests.' } }, (_, reply) =>
    readiness.draining ? reply.code(503).send({ status: 'draining' }) : { status: 'ready' },
  );
  app.get(
    '/metrics',
    { schema: { tags: ['operations'], summary: 'Prometheus metrics.' } },
    async (_, reply) => {
      const { type, body } = await service.metrics.text();
      return reply.type(type).send(body);
    },
  );
  const described = { tags: ['v1'], summary: 'The models.', response: { 200: servedModels } };
  const asItIs = () => (data: unknown) => JSON.stringify(data);
  app.get('/v1/models', { schema: described, serializerCompiler: asItIs }, () => ({
    models: models().map(({ name }) => name),
    details: models(),
    version: packageVersion(),
  }));
}
