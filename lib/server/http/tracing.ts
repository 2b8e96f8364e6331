import type { Span } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { packageVersion } from '../../capabilities.js';

/**
 * One span per request, in whatever OpenTelemetry the host has configured (`@opentelemetry/api`'s global provider), the child of the span
 * that the caller's headers name. Without that package, or without a provider, nothing is recorded.
 */
export async function addTracing(app: FastifyInstance): Promise<void> {
  const api = await import('@opentelemetry/api').catch(() => null);
  if (api === null) return;
  const tracer = api.trace.getTracer('smug-explain', packageVersion());
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook('onRequest', async (request) => {
    const route = request.routeOptions.url ?? 'unknown';
    const parent = api.propagation.extract(api.context.active(), request.headers);
    const attributes = {
      'http.request.method': request.method,
      'http.route': route,
      'smug.request_id': request.id,
    };
    const kind = api.SpanKind.SERVER;
    spans.set(request, tracer.startSpan(`${request.method} ${route}`, { kind, attributes }, parent));
  });
  app.addHook('onResponse', async (request, reply) => {
    const span = spans.get(request);
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: api.SpanStatusCode.ERROR });
    span?.end();
  });
  // A client that goes away gets no response.
  app.addHook('onRequestAbort', async (request) => spans.get(request)?.end());
}
