// Requests against a service, and how long each took.
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** Sends bodies in turn, each with a seed of its own, so that no answer is known. */
export class Load {
  #agent = new Agent({ keepAlive: true, maxSockets: 2000 });
  #sent = 0;

  constructor(url, path, bodies) {
    this.url = url;
    this.path = path;
    this.bodies = bodies;
  }

  /** One request: { status, ms }; status 0 where there was no answer. */
  one({ seed = ++this.#sent, body = this.bodies[this.#sent % this.bodies.length] } = {}) {
    const start = performance.now();
    return new Promise((resolve) => {
      const end = (status) => resolve({ status, ms: performance.now() - start, at: start });
      const headers = { 'content-type': 'image/jpeg', 'content-length': body.length };
      const options = { method: 'POST', agent: this.#agent, headers };
      const request = httpRequest(`${this.url}${this.path}&seed=${seed}`, options, (response) => {
        response.resume();
        response.on('end', () => end(response.statusCode));
        response.on('error', () => end(0));
      });
      request.on('error', () => end(0));
      request.end(body);
    });
  }

  /** So many clients, each with its next request once the last is answered. */
  async closed(clients, seconds) {
    const until = performance.now() + seconds * 1000;
    const answers = [];
    const client = async () => {
      while (performance.now() < until) answers.push(await this.one());
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: clients }, client));
    return { answers, seconds: (performance.now() - start) / 1000 };
  }

  /**
   * Requests that come at a rate per second, whatever becomes of those before: evenly, as wrk2, vegeta and k6 send them, or with `random`
   * at random (Poisson).
   */
  async open(perSecond, seconds, random) {
    const until = performance.now() + seconds * 1000;
    const answers = [];
    let due = performance.now();
    for (;;) {
      due += ((random ? -Math.log(1 - random.unit()) : 1) / perSecond) * 1000;
      if (due > until) break;
      await wait(Math.max(0, due - performance.now()));
      answers.push(this.one());
    }
    return Promise.all(answers);
  }

  close() {
    this.#agent.destroy();
  }
}

/** The value that a share of the sorted values is not above. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}
