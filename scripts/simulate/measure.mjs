// What the simulation rests on, measured: 1, 2 and 4 workers of one thread on a real queue on this machine.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonLines } from '../../test/batch/batch-runs.js';
import { startWorker } from '../../test/queue/workers.js';
import { startRedis } from '../../test/support/servers.js';
import { connectRedis } from '../../dist/queue/bullmq.js';
import { cli, material, run, submit } from '../soak/batch-folders.mjs';
import { quantilesOf } from './simulation.mjs';

/** @returns the document that `measured.json` holds */
export async function measure(images) {
  const folder = mkdtempSync(join(tmpdir(), 'smug-simulate-'));
  const { photos, words, what } = material(folder, images);
  const server = await startRedis('redis-server');
  const redis = `redis://127.0.0.1:${server.port}`;
  const runs = [];
  let seconds = [];
  let queue;
  try {
    for (const workers of [1, 2, 4]) {
      const out = join(folder, `out-${workers}`);
      const address = ['--redis', redis, '--queue', `q${workers}`];
      await submit(photos, out, [...words, ...address]);
      const before = await serverFacts(redis);
      const [spent, busy] = [cpuOfChildren(), cpuOfMachine()];
      const started = performance.now();
      const ends = await Promise.all(
        Array.from(
          { length: workers },
          () => startWorker([...address, '--jobs', '1', '--drain', '--lock', '61']).ended,
        ),
      );
      const wall = (performance.now() - started) / 1000;
      const machine = cpuOfMachine();
      if (ends.some(({ code }) => code !== 0)) throw new Error(ends.map(({ stderr }) => stderr).join('\n'));
      const after = await serverFacts(redis);
      await run(process.execPath, [cli, 'batch', 'merge', out]);
      const lines = jsonLines(join(out, 'index.jsonl'));
      const times = lines.map(({ timing }) => timing.totalMs / 1000);
      if (workers === 1) {
        seconds = times;
        queue = {
          cpuSecondsPerImage: (after.cpu - before.cpu) / images,
          commandsPerImage: (after.commands - before.commands) / images,
        };
      }
      const cpuSeconds = cpuOfChildren() - spent;
      // What the machine did besides is no fault of the simulation: it is told how many cores that took.
      const others = Math.max(0, (machine - busy - cpuSeconds) / wall);
      runs.push({ workers, seconds: wall, cpuSeconds, others });
      console.error(`${workers} workers: ${wall.toFixed(1)} s for ${images} ${what}`);
    }
    // What every worker spends once: its start, loading the model, compiling in the first image, its end. A worker that has one image
    // shows it; what the images' own times leave beside that lies between an image's end and the next one's begin.
    const usual = quantilesOf(seconds, 3)[1];
    const start = Math.max(0, (await runOfOne(join(folder, 'one'), redis)) - usual);
    const inImages = seconds.reduce((sum, each) => sum + each, 0) - (seconds[0] - usual);
    const between = Math.max(0, (runs[0].seconds - start - inImages) / images);
    return {
      machine: `${cpus()[0].model}, ${cpus().length} cores`,
      what,
      images,
      cores: cpus().length,
      startSeconds: start,
      secondsPerImage: { quantiles: quantilesOf(seconds), between },
      queue,
      runs,
    };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds of a worker with one image. */
async function runOfOne(folder, redis) {
  const { photos, words } = material(folder, 1);
  const address = ['--redis', redis, '--queue', 'one'];
  await submit(photos, join(folder, 'out'), [...words, ...address]);
  const started = performance.now();
  await startWorker([...address, '--jobs', '1', '--drain', '--lock', '61']).ended;
  return (performance.now() - started) / 1000;
}

/** Processor seconds of the processes that were started here and have ended (Linux; fields 16 and 17 of /proc/self/stat, hundredths). */
function cpuOfChildren() {
  const facts = readFileSync('/proc/self/stat', 'utf8');
  const fields = facts.slice(facts.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** Processor seconds of everything on this machine, and what its host took away (/proc/stat, hundredths): all but idle and waiting for disks. */
function cpuOfMachine() {
  const [, ...times] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).map(Number);
  const [user, nice, system, , , irq, softirq, steal] = times;
  return (user + nice + system + irq + softirq + steal) / 100;
}

async function serverFacts(redis) {
  const client = await connectRedis(redis);
  const text = await client.info();
  client.disconnect();
  const number = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)[1]);
  return {
    cpu: number('used_cpu_user') + number('used_cpu_sys'),
    commands: number('total_commands_processed'),
  };
}
