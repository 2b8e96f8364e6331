import { missingPart } from './missing-part.js';

/** What the service counts; see `/metrics`. */
export interface Metrics {
  /** A request was answered. */
  answered(route: string, status: number, seconds: number): void;
  /** Seconds of a stage: waiting, loading, attribution, encoding, solving. */
  stage(name: string, seconds: number): void;
  /** Cells of a mask, and whether it is proven. */
  mask(cells: number, proven: boolean): void;
  /** Images whose attribution started as one batch of the engine. */
  batch(images: number): void;
  /** How a question was answered: solved, shared with another in flight, or from the cache. */
  source(how: 'solved' | 'shared' | 'cached'): void;
  /** The text of `/metrics`, and its content type. */
  text(): Promise<{ type: string; body: string }>;
}

export interface Gauges {
  running: () => number;
  waiting: () => number;
  cacheBytes: () => number;
}

/** Prometheus metrics, in a registry of the service's own. @throws SmugError MISSING_PART */
export async function createMetrics(gauges: Gauges): Promise<Metrics> {
  const { Registry, Counter, Gauge, Histogram, collectDefaultMetrics } = await import('prom-client').catch(
    missingPart('prom-client'),
  );
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
  const requests = new Histogram({
    name: 'smug_request_seconds',
    help: 'Seconds from a request to its answer.',
    labelNames: ['route', 'status'],
    buckets: seconds,
    registers,
  });
  const stages = new Histogram({
    name: 'smug_stage_seconds',
    help: 'Seconds of each stage of an explanation; waiting is that in the queue.',
    labelNames: ['stage'],
    buckets: seconds,
    registers,
  });
  const masks = new Histogram({
    name: 'smug_mask_cells',
    help: 'Cells that masks keep.',
    labelNames: ['proven'],
    buckets: [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000],
    registers,
  });
  const batches = new Histogram({
    name: 'smug_attribution_batch_images',
    help: 'Images of a shared attribution batch, on engines that one image does not fill.',
    buckets: [1, 2, 4, 8, 16, 32],
    registers,
  });
  const answers = new Counter({
    name: 'smug_answers_total',
    help: 'Answers by how they came about.',
    labelNames: ['source'],
    registers,
  });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('smug_queue_running', 'Explanations and solves in work.', gauges.running);
  gauge('smug_queue_waiting', 'Requests that wait for a slot.', gauges.waiting);
  gauge('smug_cache_bytes', 'Bytes of answers kept in memory.', gauges.cacheBytes);
  return {
    answered: (route, status, elapsed) => requests.observe({ route, status: String(status) }, elapsed),
    stage: (stage, elapsed) => stages.observe({ stage }, elapsed),
    mask: (cells, proven) => masks.observe({ proven: String(proven) }, cells),
    batch: (images) => batches.observe(images),
    source: (source) => answers.inc({ source }),
    text: async () => ({ type: register.contentType, body: await register.metrics() }),
  };
}
