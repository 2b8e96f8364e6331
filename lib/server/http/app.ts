import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import { packageVersion } from '../../capabilities.js';
import { failureOf } from '../failure.js';
import { missingPart } from '../missing-part.js';
import type { Service } from '../service.js';
import { addCloud, cloudRoutes } from './cloud.js';
import { addKserve } from './kserve.js';
import { addOpenInference } from './open-inference.js';
import { addOperations, type Readiness } from './operations.js';
import { addPage, isOfPage } from './page.js';
import { RequestSignals } from './request-signal.js';
import { addTracing } from './tracing.js';
import { addV1, sendFailure } from './v1.js';

/** Node looks for slow senders every `LOOK_FOR_SLOW_MS`, where its default is 30 s: they are cut off at most that much later than declared. */
const LOOK_FOR_SLOW_MS = 1000;
/** What orchestrators ask without a token. */
const PUBLIC = new Set(['/healthz', '/readyz', '/ping', '/v2/health/live', '/v2/health/ready']);

export interface ServiceApp {
  app: FastifyInstance;
  signals: RequestSignals;
  readiness: Readiness;
}

/** The HTTP server over a service. @throws SmugError MISSING_PART */
export async function createApp(service: Service, log: boolean | FastifyBaseLogger): Promise<ServiceApp> {
  const [{ fastify, LogController }, multipart, swagger, swaggerUi] = await Promise.all([
    import('fastify').catch(missingPart('fastify')),
    import('@fastify/multipart').catch(missingPart('@fastify/multipart')),
    import('@fastify/swagger').catch(missingPart('@fastify/swagger')),
    import('@fastify/swagger-ui').catch(missingPart('@fastify/swagger-ui')),
  ]);
  const { maxBody, deadline, token } = service.options;
  const requestTimeout = service.options.requestTimeout * 1000;
  const app: FastifyInstance = fastify({
    bodyLimit: maxBody,
    requestTimeout,
    // Node's own bound of headers is 60 s. Where it is above that of the whole request, Node swaps the two.
    http: {
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: Math.min(LOOK_FOR_SLOW_MS, requestTimeout / 2),
    },
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    requestIdHeader: 'x-request-id',
    // One line per answer, below, says all that two would.
    logController: new LogController({ disableRequestLogging: true }),
    ...(typeof log === 'boolean'
      ? { logger: log && { redact: ['req.headers.authorization'] } }
      : { loggerInstance: log }),
    routerOptions: { maxParamLength: 200 },
    // What a client sent is refused or taken, never mended.
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, strict: false },
    },
  }) as never;
  const readiness: Readiness = { draining: false };
  const signals = new RequestSignals(deadline, readiness);
  service.onCacheFailure = (err) => app.log.warn({ err }, 'answers are no longer kept in the folder');
  await app.register(multipart.default, {
    limits: { fileSize: maxBody, files: 1, fields: 50, fieldSize: 10_000 },
  });
  await app.register(swagger.default, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'smug-explain',
        version: packageVersion(),
        description: 'What a neural network looked at, with a proof.',
      },
      ...(token !== undefined && {
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
        security: [{ token: [] }],
      }),
    },
  });
  await app.register(swaggerUi.default, { routePrefix: '/docs' });
  await addTracing(app);
  const bytes = { parseAs: 'buffer' as const };
  app.addContentTypeParser(/^image\/|^application\/(octet-stream|x-image)/, bytes, (_, body, done) =>
    done(null, body),
  );
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (token !== undefined && !isPublic(request.routeOptions.url) && !mayPass(request, token))
      return sendFailure(reply.header('www-authenticate', 'Bearer'), {
        status: 401,
        code: 'UNAUTHORIZED',
        message: 'Send the service\'s token as "Authorization: Bearer TOKEN".',
      });
  });
  // A connection that stays open would hold the end back until its client closes it.
  app.addHook('onSend', async (_, reply) => {
    if (readiness.draining) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    service.metrics.answered(route, reply.statusCode, reply.elapsedTime / 1000);
    request.log.info(
      { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    );
  });
  app.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error);
    if (failure.status === 500) request.log.error({ err: error }, 'failed');
    return sendFailure(reply, failure);
  });
  app.setNotFoundHandler((request, reply) =>
    sendFailure(reply, {
      status: 404,
      code: 'NOT_FOUND',
      message: 'There is no such route; /docs lists them.',
    }),
  );
  addOperations(app, service, readiness);
  addV1(app, service, signals);
  addKserve(app, service, signals, readiness);
  addOpenInference(app, service, signals);
  addCloud(app, service, signals, readiness, cloudRoutes(process.env));
  await addPage(app);
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  return { app, signals, readiness };
}

/** Vertex AI names its own route for health. */
function isPublic(route: string | undefined): boolean {
  return (
    route !== undefined && (PUBLIC.has(route) || isOfPage(route) || route === process.env.AIP_HEALTH_ROUTE)
  );
}

function mayPass(request: FastifyRequest, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
