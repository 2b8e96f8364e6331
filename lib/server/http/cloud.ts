import type { FastifyInstance } from 'fastify';
import type { Service } from '../service.js';
import { readInput } from './read-input.js';
import type { RequestSignals } from './request-signal.js';
import type { Readiness } from './operations.js';

/** Routes that a cloud's platform chooses by itself or by environment variables. */
export interface CloudRoutes {
  health: string;
  predict: string;
}

/**
 * SageMaker (`GET /ping`, `POST /invocations`) and Vertex AI (any routes, `AIP_HEALTH_ROUTE` and `AIP_PREDICT_ROUTE`): an image's
 * bytes, a form or JSON in, the explanation out.
 */
export function addCloud(
  app: FastifyInstance,
  service: Service,
  signals: RequestSignals,
  readiness: Readiness,
  routes: readonly CloudRoutes[],
): void {
  for (const { health, predict } of routes) {
    app.get(health, { schema: { tags: ['clouds'] } }, (_, reply) =>
      readiness.draining ? reply.code(503).send({ status: 'draining' }) : { status: 'ready' },
    );
    app.post(predict, { schema: { tags: ['clouds'] } }, (request, reply) =>
      signals.run(request, reply, async (signal) => {
        const input = await readInput(request, signal);
        const { type, body } = await service.answer({ call: 'explain', ...input }, signal);
        return reply.type(type).send(body);
      }),
    );
  }
}

/** SageMaker's routes, and Vertex's where its variables are set. */
export function cloudRoutes(environment: NodeJS.ProcessEnv): CloudRoutes[] {
  const { AIP_HEALTH_ROUTE: health, AIP_PREDICT_ROUTE: predict } = environment;
  const own = { health: '/ping', predict: '/invocations' };
  return health && predict ? [own, { health, predict }] : [own];
}
