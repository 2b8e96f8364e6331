// What nobody should send, and what stops others. 5,000 requests and more: npm run soak -- serve.
import test from 'ava';
import { projectRoot } from '../cli/smug.js';
import { randomNumbers } from '../support/random-numbers.js';
import { ask, digit, digitsService, imageRequest } from './digits-service.js';
import { malformedRequest } from './malformed-requests.js';
import { bytesOf, faultOf, openSocket, sendRaw } from './raw-request.js';

const limits = { deadline: 10, maxBody: 200_000, maxPixels: 10_000 };

test('600 malformed requests: each answered or cut off, none with a 5xx, a path or a stack', async (t) => {
  t.timeout(300_000);
  const { url, service } = await digitsService(t, limits);
  const before = await ask(`${url}/v1/explain?model=digits&gamma=0.5`, imageRequest(await digit(4)));
  const random = randomNumbers(17);
  const statuses = new Map<number, number>();
  for (let at = 0; at < 600; at++) {
    const request = malformedRequest(random);
    const answer = await sendRaw(url, request, 60_000);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const fault = faultOf(answer, [projectRoot]);
    const sent = bytesOf(request).toString('latin1', 0, 600);
    t.is(fault, undefined, `request ${at}, ${request.kind}: ${sent}\n${answer.text.slice(0, 600)}`);
  }
  t.true((statuses.get(400) ?? 0) > 200, JSON.stringify([...statuses]));
  t.is(service.heavy.running + service.heavy.waiting, 0);
  const after = await ask(`${url}/v1/explain?model=digits&gamma=0.5&seed=1`, imageRequest(await digit(4)));
  t.is(after.mask.size, before.mask.size);
});

test('senders that never end and connections that say nothing do not stop others', async (t) => {
  t.timeout(120_000);
  const { url } = await digitsService(t, limits);
  const idle = await Promise.all(Array.from({ length: 1000 }, () => openSocket(url)));
  const slow = idle.slice(0, 100);
  for (const socket of idle) socket.on('error', () => {});
  for (const [at, socket] of slow.entries())
    socket.write(
      at % 2 === 0
        ? 'GET /healthz HTTP/1.1\r\nX-Slow: '
        : 'POST /v1/solve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
    );
  const drip = setInterval(() => slow.forEach((socket) => socket.write('a')), 50);
  const image = await digit(3);
  for (let seed = 0; seed < 3; seed++) {
    const answer = await ask(`${url}/v1/explain?model=digits&gamma=0.5&seed=${seed}`, imageRequest(image));
    t.is(answer.target.label, '3');
    t.is((await fetch(`${url}/healthz`)).status, 200);
  }
  clearInterval(drip);
  for (const socket of idle) socket.destroy();
});

test('whoever sends headers or a body too slowly is cut off, at whatever pace the bytes come', async (t) => {
  t.timeout(60_000);
  const { url } = await digitsService(t, { requestTimeout: 0.5 });
  const beginnings = {
    nothing: '',
    headers: 'GET /healthz HTTP/1.1\r\nX-Slow: ',
    json: 'POST /v1/solve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{',
    image:
      'POST /v1/explain?model=digits HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\n',
    form: 'POST /v1/explain HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\n',
  };
  for (const [what, beginning] of Object.entries(beginnings)) {
    const socket = await openSocket(url);
    const chunks: Buffer[] = [];
    socket.on('error', () => {});
    socket.on('data', (chunk) => chunks.push(chunk));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(beginning);
    const drip = setInterval(() => beginning && socket.write('a'), 100);
    await closed;
    clearInterval(drip);
    t.regex(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 408 /, what);
  }
});
