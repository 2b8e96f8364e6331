// `npm run bench -- serve`: SqueezeNet 1.1 behind `smug serve`, window 4, k 3,000, through HTTP on loopback, beside the reference
// pipeline (PyTorch, 200 Riemann steps by tens, then the reference encoding under the same libz3) in the same run.
//
//   --photographs N   different photographs (20)
//   --seconds S       of each load (40)
//   --rounds N        photographs that the reference pipeline explains, half before and half after (4); 0: without it
//   --save            writes bench/results/serve.md
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { root } from '../scripts/native-deps.mjs';
import { startService } from '../scripts/service-process.mjs';
import { median } from './attribution/report.mjs';
import { samplePhotographs } from './networks/packaged-models.mjs';
import { MODEL, OPTIONS, referenceTimes, startReference } from './reference-pipeline/reference-pipeline.mjs';
import { Load, percentile } from './serve/load.mjs';
import { loadAtTheEnd, machine } from './report/machine.mjs';

const library = (path) => import(join(root, 'dist', path));
const PATH = `/v1/explain?${new URLSearchParams(OPTIONS)}`;
const STAGES = ['waiting', 'loading', 'attribution', 'encoding', 'solving'];
const CLIENTS = 4;
const CACHED = 1000;

export default async function serveBench({ args, log }) {
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      photographs: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '40' },
      rounds: { type: 'string', default: '4' },
      save: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds);
  const rounds = Number(values.rounds);
  const files = await samplePhotographs(Number(values.photographs));
  const photographs = await Promise.all(files.map((file) => readFile(file)));
  const reference = rounds > 0 ? await startReference(rounds, log) : null;
  await reference?.explain(Math.ceil(rounds / 2));
  const served = await measureService(photographs, seconds, log);
  await reference?.explain(rounds);
  reference?.end();
  const text = report(served, reference?.times ?? [], { seconds, photographs: photographs.length });
  console.log(text);
  if (!values.save) return;
  await mkdir(join(root, 'bench', 'results'), { recursive: true });
  await writeFile(join(root, 'bench', 'results', 'serve.md'), text);
}

async function measureService(photographs, seconds, log) {
  const { Random } = await library('random.js');
  const random = new Random(17);
  const service = await startService(['--model', `squeezenet=${MODEL}`, '--cache', '0', '--queue', '16']);
  const load = new Load(service.url, PATH, photographs);
  const watch = watchService(service);
  log('warm-up');
  await load.closed(2, Math.min(20, seconds));
  const alone = await load.closed(1, Math.min(20, seconds));
  log('capacity');
  watch.reset();
  const before = await stagesOf(service);
  const full = await load.closed(CLIENTS, seconds);
  const stages = since(before, await stagesOf(service));
  const capacity = full.answers.length / full.seconds;
  log(`${capacity.toFixed(2)} per second; 70 % of that`);
  const even = await load.open(0.7 * capacity, seconds * 2);
  const steady = await load.open(0.7 * capacity, seconds * 2, random);
  const delayMs = watch.delayMs();
  log('three times its capacity');
  const flood = await load.open(3 * capacity, seconds, random);
  const peakMb = watch.peakMb();
  await wait(5000);
  const after = await load.one();
  watch.end();
  load.close();
  await service.end();
  const cached = await measureCached(photographs, log);
  return {
    alone,
    full,
    capacity,
    stages,
    even,
    steady,
    flood,
    delayMs,
    floodDelayMs: watch.delayMs(),
    peakMb,
    after,
    cached,
  };
}

async function measureCached(photographs, log) {
  log('cached answers');
  const service = await startService(['--model', `squeezenet=${MODEL}`]);
  const load = new Load(service.url, PATH, photographs);
  const [body] = photographs;
  await load.one({ seed: 0, body });
  const answers = [];
  for (let at = 0; at < CACHED; at++) answers.push(await load.one({ seed: 0, body }));
  load.close();
  await service.end();
  return answers.map(({ ms }) => ms);
}

/** Looks every two seconds: the event loop's delay (p99 since the last look) and resident memory, the worst of each. */
function watchService(service) {
  let delay = 0;
  let peak = 0;
  const look = async () => {
    peak = Math.max(peak, service.rssMb());
    delay = Math.max(delay, 1000 * (await service.metric('nodejs_eventloop_lag_p99_seconds')));
  };
  const timer = setInterval(() => void look().catch(() => {}), 2000);
  return {
    delayMs: () => delay,
    peakMb: () => peak,
    reset: () => (delay = 0),
    end: () => clearInterval(timer),
  };
}

async function stagesOf(service) {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const read = (kind, stage) =>
    Number(new RegExp(`^smug_stage_seconds_${kind}{stage="${stage}"} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return Object.fromEntries(STAGES.map((stage) => [stage, [read('sum', stage), read('count', stage)]]));
}

/** Mean milliseconds of each stage between two looks. */
function since(before, after) {
  const mean = (stage) =>
    (1000 * (after[stage][0] - before[stage][0])) / Math.max(1, after[stage][1] - before[stage][1]);
  return Object.fromEntries(STAGES.map((stage) => [stage, mean(stage)]));
}

function report(served, times, { seconds, photographs }) {
  const { alone, full, capacity, stages, even, steady, flood, delayMs, floodDelayMs, peakMb, after, cached } =
    served;
  const ms = (value) => value.toFixed(value < 10 ? 1 : 0);
  const latency = (answers) => answers.filter(({ status }) => status === 200).map((one) => one.ms);
  const spread = (answers) => {
    const [p50, p99] = [0.5, 0.99].map((share) => percentile(latency(answers), share));
    return `p50 ${ms(p50)}, p99 ${ms(p99)} ms: ${(p99 / p50).toFixed(1)} times (${answers.length} requests)`;
  };
  const lone = median(latency(alone.answers));
  const statuses = new Map();
  for (const { status } of flood) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const counts = [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${count} × ${status || 'no answer'}`);
  const { mean, words } = referenceTimes(times);
  const lines = [
    '# The service under load',
    '',
    `${machine()}, ${loadAtTheEnd()}. SqueezeNet 1.1, window 4, k 3,000, γ 0; ${photographs} photographs, ` +
      `every request with a seed of its own and no cache; the load comes from the same machine. ${seconds} s per load.`,
    '',
    '| | |',
    '|---|--:|',
    `| sustained, ${CLIENTS} clients | ${capacity.toFixed(2)} explanations per second (${full.answers.length}) |`,
    ...(times.length > 0
      ? [
          `| reference pipeline, alone on the machine | ${(1 / mean).toFixed(3)} per second: ${words} |`,
          `| the service beside it | ${(capacity * mean).toFixed(1)} times as many |`,
        ]
      : []),
    `| one request alone | ${ms(lone)} ms |`,
    `| mean of its stages under full load | ${STAGES.map((stage) => `${stage} ${ms(stages[stage])}`).join(', ')} ms |`,
    `| latency at 70 % load, even arrivals | ${spread(even)} |`,
    `| the same, random arrivals | ${spread(steady)} |`,
    `| event loop's delay, p99 of the worst two seconds | ${ms(delayMs)} ms; ${ms(floodDelayMs)} ms with the overload |`,
    `| an answer from the cache | p50 ${percentile(cached, 0.5).toFixed(2)}, p99 ${percentile(cached, 0.99).toFixed(2)} ms |`,
    `| three times its capacity, ${flood.length} requests, queue of 16 | ${counts.join(', ')} |`,
    `| memory at most | ${peakMb.toFixed(0)} MB |`,
    `| one request 5 s after the overload | ${after.status}, ${ms(after.ms)} ms |`,
  ];
  return `${lines.join('\n')}\n`;
}
