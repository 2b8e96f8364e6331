// `npm run soak -- serve [--minutes M] [--first SEED] [--clients N] [--restarts N]`: the service under everything at once, on
// loopback: right questions whose answers are known, malformed bytes, bodies too large, slow senders, clients that leave,
// event streams.
//   1. M minutes (20) of that: every answer is the one asked for, none a 5xx but 503 and 504, none with a path or a stack;
//      resident memory grows by less than 1 MB per 1,000 requests after warm-up; the event loop stays free.
//   2. SIGTERM at a random moment of such a load, N times (6): whatever was accepted is answered, the status is 0.
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { malformedRequest } from '../../test/server/malformed-requests.js';
import { faultOf, openSocket, sendRaw } from '../../test/server/raw-request.js';
import { randomNumbers } from '../../test/support/random-numbers.js';
import { root } from '../native-deps.mjs';
import { startService } from '../service-process.mjs';
import { everyTenSeconds, line } from './options.mjs';

const SLOPE_MB = 1;
/** Of what p99 of the event loop's delay in ten seconds may be. */
const DELAY_MS = 50;
const REQUEST_TIMEOUT_S = 2;
const MODELS = ['--model', 'digits=builtin:mnist-cnn', '--model', 'reviews=builtin:reviews-cnn'];
// A small cache is full before memory is looked at: what it may take is its own bound.
const LIMITS = [
  '--request-timeout',
  `${REQUEST_TIMEOUT_S}`,
  '--max-body',
  '200000',
  '--deadline',
  '20',
  '--queue',
  '16',
  '--cache',
  '2000000',
];
/** Of these digits the network reads what they are. */
const DIGITS = [0, 1, 2, 3, 4, 7];
/** How often each kind comes. */
const MIX = Object.entries({
  explain: 6,
  text: 3,
  solve: 6,
  predict: 3,
  stream: 3,
  bad: 6,
  huge: 1,
  slow: 1,
  leave: 3,
}).flatMap(([kind, times]) => Array(times).fill(kind));
const BY_DESIGN = [200, 429, 503, 504];

export default async function soak(args) {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '20' },
      first: { type: 'string', default: '1' },
      clients: { type: 'string', default: '8' },
      restarts: { type: 'string', default: '6' },
    },
  });
  const options = { seed: Number(values.first), clients: Number(values.clients) };
  const steady = await steadyLoad({ ...options, minutes: Number(values.minutes) });
  const ends = await randomEnds({ ...options, restarts: Number(values.restarts) });
  return steady && ends;
}

async function steadyLoad({ seed, clients, minutes }) {
  const service = await startService([...MODELS, ...LIMITS]);
  const load = new Load(service.url, seed);
  const samples = [];
  let delayMs = 0;
  const sample = async () => {
    delayMs = Math.max(delayMs, 1000 * (await service.metric('nodejs_eventloop_lag_p99_seconds')));
    samples.push([load.done, service.rssMb()]);
  };
  const tell = everyTenSeconds(() =>
    console.error(`${line(load.counts)}; ${samples.at(-1)?.[1].toFixed(0)} MB`),
  );
  const until = performance.now() + minutes * 60_000;
  const running = load.run(clients, () => performance.now() < until);
  while (performance.now() < until) {
    await wait(Math.min(5000, Math.max(0, until - performance.now())));
    await sample();
    tell();
  }
  await running;
  const status = await service.end();
  // Compiled code, caches and pools fill at first.
  const settled = samples.filter(([, ,], at) => at >= samples.length / 3);
  const slope = 1000 * medianSlope(floors(settled));
  const ok = load.faults.length === 0 && status === 0 && slope < SLOPE_MB && delayMs < DELAY_MS;
  console.log(
    `${minutes} minutes, ${load.done} requests (${line(load.counts)}): ${load.faults.length} faults; memory ` +
      `${settled[0]?.[1].toFixed(0)} to ${settled.at(-1)?.[1].toFixed(0)} MB, ${slope.toFixed(2)} MB per 1,000 requests ` +
      `(bound ${SLOPE_MB}); event loop p99 at most ${delayMs.toFixed(0)} ms (bound ${DELAY_MS}); status ${status}`,
  );
  load.faults.slice(0, 20).forEach((fault) => console.log(`  ${fault}`));
  return ok;
}

async function randomEnds({ seed, clients, restarts }) {
  const random = randomNumbers(seed + 1);
  let lost = 0;
  let answered = 0;
  let refused = 0;
  let statuses = 0;
  for (let run = 0; run < restarts; run++) {
    const service = await startService([...MODELS, ...LIMITS]);
    const load = new Load(service.url, seed + 100 * run);
    let on = true;
    const running = load.run(clients, () => on, ['explain', 'text', 'solve', 'stream']);
    await wait(500 + random() * 4000);
    load.endsAt = performance.now();
    const exit = service.end();
    on = false;
    await running;
    if ((await exit) !== 0) statuses++;
    lost += load.faults.length;
    load.faults.slice(0, 5).forEach((fault) => console.log(`  ${fault}`));
    answered += load.counts.answered;
    refused += load.counts.refused;
  }
  console.log(
    `${restarts} times SIGTERM under load: ${answered} answered, ${refused} not accepted, ${lost} lost or wrong, ${statuses} other statuses than 0`,
  );
  return lost === 0 && statuses === 0;
}

/** The lowest of each tenth: what is held; what stands above it was in work just then. */
function floors(samples) {
  const tenth = Math.ceil(samples.length / 10);
  return Array.from({ length: Math.ceil(samples.length / tenth) }, (_, at) =>
    samples.slice(at * tenth, (at + 1) * tenth).reduce((low, one) => (one[1] < low[1] ? one : low)),
  );
}

/** Theil–Sen: the median of the slopes between all pairs, which a single collection of garbage does not move. */
function medianSlope(points) {
  const slopes = points.flatMap(([x, y], at) =>
    points
      .slice(at + 1)
      .filter(([u]) => u > x)
      .map(([u, v]) => (v - y) / (u - x)),
  );
  return slopes.sort((a, b) => a - b)[slopes.length >> 1] ?? 0;
}

/** Clients that ask one thing after another; what is wrong is noted, never thrown. */
class Load {
  counts = { answered: 0, busy: 0, malformed: 0, huge: 0, slow: 0, left: 0, refused: 0 };
  faults = [];
  done = 0;
  /** When the service was told to end: what cannot be connected from then on was never accepted. */
  endsAt = Infinity;
  #random;
  #digits = new Map(
    DIGITS.map((digit) => [digit, readFileSync(join(root, 'examples', 'digits', `${digit}.png`))]),
  );

  constructor(url, seed) {
    this.url = url;
    this.#random = randomNumbers(seed);
  }

  async run(clients, on, kinds = MIX) {
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (on()) {
          const kind = kinds[Math.floor(this.#random() * kinds.length)];
          await this[kind]().catch((error) => this.faults.push(`${kind}: ${error.message}`));
          this.done++;
        }
      }),
    );
  }

  /** A whole number below `most`. */
  #below(most) {
    return Math.floor(this.#random() * most);
  }

  #digit() {
    const digit = DIGITS[this.#below(DIGITS.length)];
    // A third of the questions come again and again: those are in flight or known.
    const seed = this.#random() < 0.3 ? 0 : this.#below(2 ** 30);
    return {
      digit,
      path: `/v1/explain?model=digits&gamma=0.3&topK=20&seed=${seed}`,
      body: this.#digits.get(digit),
    };
  }

  async explain() {
    const { digit, path, body } = this.#digit();
    await this.#ask(
      path,
      { 'content-type': 'image/png' },
      body,
      (answer) => answer.target.label === `${digit}`,
    );
  }

  async predict() {
    const { digit, body } = this.#digit();
    const right = (answer) => answer.predictions[0].label === `${digit}`;
    await this.#ask('/v1/predict?model=digits', { 'content-type': 'image/png' }, body, right);
  }

  async text() {
    const words = Array.from(
      { length: 3 + this.#below(12) },
      () => ['dull', 'fine', 'film', 'a', 'never', 'good'][this.#below(6)],
    );
    const body = JSON.stringify({ model: 'reviews', text: words.join(' ') });
    await this.#ask(
      '/v1/explain',
      { 'content-type': 'application/json' },
      body,
      (answer) => answer.words.length === words.length,
    );
  }

  /** More than n of m: the smallest mask has n + 1. */
  async solve() {
    const variables = 5 + this.#below(40);
    const lower = this.#below(variables - 1);
    const columns = [...Array(variables).keys()];
    const problem = { variables, rows: [{ columns, coefficients: columns.map(() => 1), lower }] };
    const body = JSON.stringify({ problem, options: { seed: this.#below(1000) } });
    await this.#ask(
      '/v1/solve',
      { 'content-type': 'application/json' },
      body,
      (answer) => answer.size === lower + 1,
    );
  }

  async stream() {
    const { digit, path, body } = this.#digit();
    const headers = { 'content-type': 'image/png', accept: 'text/event-stream' };
    await this.#ask(path, headers, body, (text) => {
      const last = text.trim().split('\n\n').at(-1).split('\n');
      if (last[0] === 'event: error') return [503, 504].includes(JSON.parse(last[1].slice(6)).status);
      return last[0] === 'event: result' && JSON.parse(last[1].slice(6)).target.label === `${digit}`;
    });
  }

  async bad() {
    const request = malformedRequest(this.#random);
    const fault = faultOf(await sendRaw(this.url, request, 30_000), [root]);
    if (fault !== undefined) this.faults.push(`${request.kind}: ${fault}`);
    this.counts.malformed++;
  }

  async huge() {
    const { status } = await this.#send(
      '/v1/explain?model=digits',
      { 'content-type': 'image/png' },
      Buffer.alloc(300_000),
    ).catch(() => ({ status: 413 }));
    if (status !== 413) this.faults.push(`a body too large: status ${status}`);
    this.counts.huge++;
  }

  async slow() {
    const socket = await openSocket(this.url);
    socket.on('error', () => {});
    socket.resume();
    const start = performance.now();
    // An error before it, as the end of such a connection may be one, is no matter.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(
      'POST /v1/solve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{',
    );
    const drip = setInterval(() => socket.write(' '), 200);
    await closed;
    clearInterval(drip);
    const seconds = (performance.now() - start) / 1000;
    if (seconds > REQUEST_TIMEOUT_S + 3)
      this.faults.push(`a slow sender was let be for ${seconds.toFixed(1)} s`);
    this.counts.slow++;
  }

  async leave() {
    const { path, body } = this.#digit();
    const gone = this.#send(path, { 'content-type': 'image/png' }, body, 5 + this.#random() * 300);
    await gone.catch(() => {});
    this.counts.left++;
  }

  async #ask(path, headers, body, right) {
    const id = `soak-${this.#below(2 ** 30)}-${this.done}`;
    const asked = performance.now();
    let answer;
    try {
      answer = await this.#send(path, { ...headers, 'x-request-id': id }, body);
    } catch (error) {
      // Sent as the service was ending: it may have stood before a closed door.
      if (asked > this.endsAt - 100) return void this.counts.refused++;
      throw error;
    }
    const { status, text } = answer;
    if (!BY_DESIGN.includes(status)) return void this.faults.push(`${path}: ${status} ${text.slice(0, 200)}`);
    if (answer.id !== id) return void this.faults.push(`${path}: the answer of ${answer.id}`);
    if (status !== 200) return void this.counts.busy++;
    const stream = headers.accept !== undefined;
    if (!right(stream ? text : JSON.parse(text)))
      return void this.faults.push(`${path}: wrong: ${text.slice(0, 300)}`);
    this.counts.answered++;
  }

  /** A connection per request, so that none is sent into one that closes. @throws Error where there is no whole answer */
  #send(path, headers, body, patienceMs) {
    return new Promise((resolve, reject) => {
      const options = {
        method: 'POST',
        agent: false,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      };
      const request = httpRequest(this.url + path, options, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const id = response.headers['x-request-id'];
          resolve({ status: response.statusCode, id, text: Buffer.concat(chunks).toString('utf8') });
        });
      });
      request.on('error', reject);
      if (patienceMs) setTimeout(() => request.destroy(new Error('left')), patienceMs);
      request.end(body);
    });
  }
}
