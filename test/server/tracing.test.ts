// Spans of requests, where the host has configured OpenTelemetry.
import { trace, type Attributes, type Span, type SpanOptions, type SpanStatusCode } from '@opentelemetry/api';
import test from 'ava';
import { digit, digitsService, imageRequest } from './digits-service.js';

test('a span per request tells its route and status, and no more of it', async (t) => {
  const spans: { name: string; attributes: Attributes; status?: SpanStatusCode; ended: number }[] = [];
  const startSpan = (name: string, { attributes = {} }: SpanOptions = {}) => {
    const told = { name, attributes: { ...attributes }, ended: 0 } as (typeof spans)[number];
    spans.push(told);
    return {
      setAttribute: (key: string, value: string) => (told.attributes[key] = value),
      setStatus: ({ code }: { code: SpanStatusCode }) => (told.status = code),
      end: () => told.ended++,
    } as unknown as Span;
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) } as never);
  t.teardown(() => trace.disable());
  const { url } = await digitsService(t);
  const headers = { 'x-request-id': 'seven' };
  await (await fetch(`${url}/v1/predict?model=digits`, imageRequest(await digit(3), headers))).text();
  await (await fetch(`${url}/v1/nothing`)).text();
  for (let tries = 0; tries < 50 && spans.some(({ ended }) => ended === 0); tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  t.deepEqual(spans, [
    {
      name: 'POST /v1/predict',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/predict',
        'http.response.status_code': 200,
        'smug.request_id': 'seven',
      },
      ended: 1,
    },
    {
      name: 'GET unknown',
      attributes: {
        ...spans[1].attributes,
        'http.route': 'unknown',
        'http.response.status_code': 404,
      },
      ended: 1,
    },
  ]);
});
