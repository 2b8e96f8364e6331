// Requests that no client should send, by a seed: bodies, forms, headers, paths and bytes that are no HTTP.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../cli/smug.js';

export interface MalformedRequest {
  /** What is wrong with it. */
  kind: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  /** Bytes sent as they stand instead. */
  raw?: Buffer;
}

type Random = () => number;
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const png = readFileSync(join(projectRoot, 'examples', 'digits', '3.png'));
const pick = <Item>(random: Random, from: readonly Item[]): Item => from[Math.floor(random() * from.length)];

const problem = { variables: 3, rows: [{ columns: [0, 1, 2], coefficients: [1, 1, 1], lower: 1 }] };
const image = png.toString('base64');
const options = { gamma: 0.5, topK: 50, window: 4, target: '3', timeLimit: 1 };
/** Bodies that are right, by route: what is wrong with a request begins as a change of one value. */
const right: [path: string, body: Json][] = [
  ['/v1/explain', { model: 'digits', image, options }],
  ['/v1/explain', { model: 'reviews', text: 'a dull film', options: { topK: 20 }, certificate: true }],
  ['/v1/predict', { model: 'digits', image, options: { top: 2 } }],
  ['/v1/attribute', { model: 'digits', image, options: { steps: 8 } }],
  ['/v1/solve', { problem, options: { solutions: 2 }, certificate: true }],
  ['/v1/verify', { certificate: { problem, status: 'optimal', size: 2, lowerBound: 2, masks: [[0, 1]] } }],
  ['/v1/models/digits:explain', { instances: [{ b64: image }], parameters: options }],
  ['/v1/models/reviews:explain', { instances: ['a dull film', { text: 'x' }], parameters: { topK: 20 } }],
  ['/v1/models/digits:predict', { instances: [{ image: { b64: image } }] }],
  [
    '/v2/models/digits/infer',
    {
      id: 'one',
      parameters: { explain_parameters: options },
      inputs: [
        { name: 'image', datatype: 'BYTES', shape: [1], data: [image], parameters: { content_type: 'b64' } },
      ],
    },
  ],
  ['/v2/models/reviews/infer', { inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['dull'] }] }],
  ['/invocations', { model: 'digits', image, options }],
];

const strange: readonly (() => Json)[] = [
  () => null,
  () => true,
  () => '',
  () => [],
  () => ({}),
  () => -1,
  () => 0.5,
  () => 2 ** 53,
  () => 1e308,
  () => -1e-320,
  () => '../../../../etc/passwd',
  () => 'file:///etc/passwd',
  () => 'http://127.0.0.1:1/latest/meta-data',
  () => '\0\u202e\ud800<script>alert(1)</script>',
  () => 'x'.repeat(20_000),
  () => 'AAAA',
  () => [[[[[]]]]],
  () => Array(2000).fill(0),
  () => ({ toString: 1, valueOf: 1 }),
  () => JSON.parse('{"then":"x","length":-1}') as Json,
  () => ({ type: 'Buffer', data: [1, 2, 3] }),
  () => '9'.repeat(400),
  () => 'NaN',
];

/** The value with one part of it, at any depth, replaced, left out or added to. */
function changed(random: Random, value: Json): Json {
  const whole = value === null || typeof value !== 'object';
  if (whole || random() < 0.15) return pick(random, strange)();
  if (Array.isArray(value)) {
    if (value.length === 0 || random() < 0.2) return [...value, pick(random, strange)()];
    const at = Math.floor(random() * value.length);
    return value.map((one, index) => (index === at ? changed(random, one) : one));
  }
  const names = Object.keys(value);
  const at = pick(random, names);
  if (at === undefined || random() < 0.15)
    return {
      ...value,
      [pick(random, ['extra', 'constructor', 'path', 'engine', ''])]: pick(random, strange)(),
    };
  const { [at]: old, ...rest } = value;
  return random() < 0.15 ? rest : { ...value, [at]: changed(random, old) };
}

const json = (body: Buffer | string, path: string): Omit<MalformedRequest, 'kind'> => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(body),
});

/** Some bytes of it other ones, or the end missing. */
function damaged(random: Random, bytes: Buffer): Buffer {
  if (random() < 0.4) return bytes.subarray(0, Math.floor(random() * bytes.length));
  const copy = Buffer.from(bytes);
  for (let n = 1 + random() * 8; n > 0; n--) copy[Math.floor(random() * copy.length)] = random() * 256;
  return copy;
}

const noise = (random: Random, length: number) => Buffer.from(Array.from({ length }, () => random() * 256));

/** A picture that claims to be of 2³¹ − 1 pixels a side. */
function enormous(): Buffer {
  const copy = Buffer.from(png);
  copy.writeUInt32BE(0x7fffffff, 16);
  copy.writeUInt32BE(0x7fffffff, 20);
  return copy;
}

function form(random: Random): Omit<MalformedRequest, 'kind'> {
  const part = (headers: string, body: Buffer | string) =>
    Buffer.concat([Buffer.from(`--b\r\n${headers}\r\n\r\n`), Buffer.from(body), Buffer.from('\r\n')]);
  const field = (name: string, value: string) =>
    part(`Content-Disposition: form-data; name="${name}"`, value);
  const file = (name = 'a.png') =>
    part(`Content-Disposition: form-data; name="image"; filename="${name}"\r\nContent-Type: image/png`, png);
  const parts = [
    ...[[file()], [file(), file()], [file('../../../etc/x')], []][Math.floor(random() * 4)],
    ...[
      [field('model', 'digits')],
      [field('__proto__', 'x')],
      [field('gamma', '1e999'), field('gamma', '0')],
      Array.from({ length: 60 }, (_, at) => field(`f${at}`, 'x')),
      [field('topK', 'x'.repeat(20_000))],
      [part('no colon here', 'x')],
      [part('Content-Disposition: form-data', 'x')],
    ][Math.floor(random() * 7)],
  ];
  const body = Buffer.concat([...parts, Buffer.from('--b--\r\n')]);
  const boundary = pick(random, [
    '; boundary=b',
    '; boundary=b',
    '; boundary=b',
    '; boundary=other',
    '',
    '; boundary=',
  ]);
  return {
    method: 'POST',
    path: `/v1/${pick(random, ['explain', 'predict', 'attribute', 'solve'])}?model=digits`,
    headers: { 'content-type': `multipart/form-data${boundary}` },
    body: random() < 0.5 ? body : damaged(random, body),
  };
}

const queries = [
  'model=digits&model=reviews', 'model[]=digits', 'model=%00', 'model=%ff%fe', 'model=%', 'model=__proto__',
  'model=constructor', 'gamma=NaN', 'gamma=', 'gamma=1e999', 'topK=-1', 'topK=99999999999999999999', 'window=0',
  'window=1e9', 'target=%F0%9F%98%80', 'target[__proto__]=1', '__proto__=x', 'certificate=maybe', 'blank=/etc/passwd',
  'text=a&image=b', 'seed=-1', 'solutions=100000', 'timeLimit=-1', 'steps=1e9', 'engine=cuda', 'output=value',
  `x=${'y'.repeat(12_000)}`,
]; // prettier-ignore

const oddHeaders: Record<string, string>[] = [
  { 'content-type': 'application/json; charset=utf-7' },
  { 'content-type': 'image/png;;;=' },
  { 'content-type': '\u00e4/\u00f6' },
  { 'content-type': 'text/plain' },
  { 'content-encoding': 'gzip' },
  { accept: 'image/png, text/event-stream' },
  { accept: 'x'.repeat(4000) },
  { 'x-deadline-ms': 'NaN' },
  { 'x-deadline-ms': '1e-300' },
  { 'x-deadline-ms': '1e300' },
  { 'x-request-id': 'x'.repeat(8000) },
  { authorization: 'Basic \u00ff' },
  { expect: 'the unexpected' },
  { range: 'bytes=9-1' },
  { cookie: '='.repeat(500) },
];

const paths = [
  '/docs/../../../etc/passwd', '/docs/static/..%2f..%2f..%2fpackage.json', '/docs/static/%2e%2e/%2e%2e/package.json', '//etc/passwd',
  '/v1/models/%00:explain', '/v1/models/../../x:predict', '/v1/models/:explain', '/v2/models/%2fetc%2fpasswd/infer',
  `/v2/models/${'m'.repeat(300)}/infer`, '/v1/models/__proto__', '/v2/models/constructor', '/openapi.json?x[', '/%', '/v1/%ff', '*',
]; // prettier-ignore

const rawRequests: ((random: Random) => string | Buffer)[] = [
  (random) => noise(random, 1 + Math.floor(random() * 500)),
  () => 'GET / HTTP/1.1\r\n\r\n',
  () => 'POST /v1/solve HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
  () =>
    'POST /v1/solve HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  () => 'POST /v1/solve HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
  () =>
    'POST /v1/solve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"a":',
  () => `GET /healthz HTTP/1.1\r\nHost: x\r\n${'X-Much: y\r\n'.repeat(3000)}\r\n`,
  () => `GET /${'a'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  () => 'get /healthz http/1.1\r\nhost: x\r\n\r\n',
  () => 'GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n',
  () => 'GET /healthz HTTP/1.1\r\nHost: x\r\nA\0B: c\r\n\r\n',
  () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  () =>
    'POST /v1/explain HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 40\r\n\r\n--b\r\n',
  () => 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n',
  () => 'GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
];

/** A request of one kind of wrongness, other at every call. Some come out right by chance. */
export function malformedRequest(random: Random): MalformedRequest {
  const [path, body] = pick(random, right);
  const whole = JSON.stringify(body);
  const one = random();
  if (one < 0.4) return { kind: 'a value', ...json(JSON.stringify(changed(random, body)), path) };
  if (one < 0.5) return { kind: 'broken JSON', ...json(damaged(random, Buffer.from(whole)), path) };
  if (one < 0.55) {
    const text = pick(random, [
      '['.repeat(50_000),
      '{"__proto__":{"x":1}}',
      '1',
      'null',
      '"x"',
      '[]',
      '\ufeff{}',
    ]);
    return { kind: 'other JSON', ...json(text, path) };
  }
  if (one < 0.65) {
    const bytes = pick(random, [damaged(random, png), noise(random, 300), enormous(), Buffer.alloc(0)]);
    const type = pick(random, [
      'image/png',
      'image/jpeg',
      'image/svg+xml',
      'application/octet-stream',
      'image/',
    ]);
    const route = pick(random, ['/v1/explain', '/v1/predict', '/v1/attribute', '/v1/solve', '/invocations']);
    return { kind: 'bytes', ...json(bytes, `${route}?model=digits`), headers: { 'content-type': type } };
  }
  if (one < 0.75) return { kind: 'a form', ...form(random) };
  if (one < 0.83) {
    const query = pick(random, queries);
    const headers = { 'content-type': 'image/png' };
    return { kind: 'a query', ...json(png, `/v1/predict?model=digits&top=1&${query}`), headers };
  }
  if (one < 0.9) {
    const headers = { 'content-type': 'application/json', ...pick(random, oddHeaders) };
    return { kind: 'a header', ...json(whole, path), headers };
  }
  if (one < 0.95) {
    const method = pick(random, ['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'POST']);
    const send = ['GET', 'HEAD'].includes(method) ? '' : whole;
    return { kind: 'a path', ...json(send, random() < 0.7 ? pick(random, paths) : path), method };
  }
  return { kind: 'no HTTP', ...json('', ''), raw: Buffer.from(pick(random, rawRequests)(random)) };
}
