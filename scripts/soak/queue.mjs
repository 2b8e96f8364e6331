// `npm run soak -- queue [--count IMAGES] [--first SEED] [--server redis-server|valkey-server] [--workers N]`: workers and the server killed with -9 at
// random moments; at the end every image has one result, equal to that of an undisturbed batch.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { filesBelow } from '../../test/batch/batch-runs.js';
import { startWorker } from '../../test/queue/workers.js';
import { startRedis } from '../../test/support/servers.js';
import { randomNumbers } from '../../test/support/random-numbers.js';
import { cli, material, run, sameResults, submit } from './batch-folders.mjs';

export default async function soak(args) {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '300' },
      first: { type: 'string', default: '0' },
      workers: { type: 'string', default: '4' },
      server: { type: 'string', default: 'redis-server' },
    },
  });
  const [count, seed, workers] = [values.count, values.first, values.workers].map(Number);
  const random = randomNumbers(seed);
  const folder = mkdtempSync(join(tmpdir(), 'smug-soak-queue-'));
  const { photos, words, what } = material(folder, count);
  const [whole, out] = [join(folder, 'whole'), join(folder, 'out')];
  await run(process.execPath, [cli, 'batch', photos, ...words, '--out', whole]);
  console.error(`${count} ${what}: undisturbed run done`);
  const server = await startRedis(values.server);
  const address = ['--redis', `redis://127.0.0.1:${server.port}`];
  await submit(photos, out, [...words, ...address, '--tries', '50']);
  const done = () => filesBelow(out).filter((name) => name.startsWith('lines/')).length;
  const tally = { 'workers killed': 0, 'servers killed': 0, 'ended badly': 0 };
  const running = new Set();
  let over = false;
  const lane = async () => {
    while (!over) {
      const worker = startWorker([...address, '--lock', '61', '--jobs', '2']);
      running.add(worker);
      const { signal, code, stderr } = await worker.ended;
      running.delete(worker);
      if (signal === null && !over) {
        tally['ended badly']++;
        console.error(`a worker ended with ${code}: ${stderr}`);
      }
    }
  };
  const lanes = Array.from({ length: workers }, lane);
  const started = performance.now();
  while (done() < count && performance.now() - started < 3_600_000) {
    await new Promise((wait) => setTimeout(wait, 1000 + random() * 4000));
    const victim = [...running][Math.floor(random() * running.size)];
    if (random() < 0.1) {
      await server.kill();
      await new Promise((wait) => setTimeout(wait, random() * 2000));
      await server.again();
      tally['servers killed']++;
      // What a worker did meanwhile it tells when the server is back.
    } else if (random() < 0.3 && victim && done() > 0) {
      victim.child.kill('SIGKILL');
      tally['workers killed']++;
    }
    console.error(
      `${done()} of ${count} done, ${Object.entries(tally)
        .map(([name, number]) => `${number} ${name}`)
        .join(', ')}`,
    );
  }
  over = true;
  for (const { child } of running) child.kill('SIGTERM');
  await Promise.all(lanes);
  const merged = await run(process.execPath, [cli, 'batch', 'merge', out]);
  const same = sameResults(whole, out);
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  return merged.code === 0 && same && tally['ended badly'] === 0;
}
