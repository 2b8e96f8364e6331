// `npm run simulate`: what a thousand workers do with ten million images, on what was measured here (scripts/simulate/measured.json), and how far
// the same simulation is from reality at 1, 2 and 4 workers. `npm run simulate -- --measure [--images N]` measures anew (needs redis-server).
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { randomNumbers } from '../test/support/random-numbers.js';
import { fromQuantiles, simulate } from './simulate/simulation.mjs';

/** Published by Amazon for each partition of a bucket; a bucket gets more partitions as it is used. */
const S3 = { putsPerSecond: 3500, getsPerSecond: 5500 };
/** Of one request within a region, as users commonly measure it. */
const S3_LATENCY = 0.03;

const place = new URL('./simulate/measured.json', import.meta.url);
const { values } = parseArgs({
  options: {
    measure: { type: 'boolean' },
    images: { type: 'string', default: '60' },
    total: { type: 'string', default: '10000000' },
  },
});

if (values.measure) {
  const { measure } = await import('./simulate/measure.mjs');
  writeFileSync(place, `${JSON.stringify(await measure(Number(values.images)), null, 2)}\n`);
}
const measured = JSON.parse(readFileSync(place, 'utf8'));
const { secondsPerImage, queue, startSeconds, runs, cores } = measured;
const draw = fromQuantiles(secondsPerImage.quantiles, randomNumbers(1));
const perImage = () => draw() + secondsPerImage.between;

console.log(
  `Measured on ${measured.machine}: ${measured.images} ${measured.what} by workers of one thread, one image each.`,
);
console.log(
  `The queue spends ${(queue.cpuSecondsPerImage * 1e6).toFixed(0)} µs and ${queue.commandsPerImage.toFixed(1)} commands per image.\n`,
);
console.log(
  '| workers on this machine | measured, s | simulated, s | error | cores taken by others |\n|---|---|---|---|---|',
);
// Cores that one worker keeps busy: its own thread, the solver's, the queue's.
const busy = runs[0].cpuSeconds / runs[0].seconds;
for (const { workers, seconds, others } of runs) {
  // Where workers want more than there is they share it.
  const slower = Math.max(1, (workers * busy) / Math.max(0.1, cores - others));
  const simulated = simulate({
    workers,
    lanes: 1,
    images: measured.images,
    draw: () => perImage() * slower,
    queueSeconds: queue.cpuSecondsPerImage,
    startSeconds: () => startSeconds * slower,
  });
  const error = (100 * (simulated.seconds - seconds)) / seconds;
  console.log(
    `| ${workers} | ${seconds.toFixed(1)} | ${simulated.seconds.toFixed(1)} | ${error > 0 ? '+' : ''}${error.toFixed(0)} % | ${others.toFixed(1)} |`,
  );
}

const total = Number(values.total);
console.log(`\n${total.toLocaleString('en')} images, workers of one core each:\n`);
console.log('| workers | place | time | images/s | queue busy | puts busy |\n|---|---|---|---|---|---|');
for (const workers of [1, 10, 100, 1000]) {
  for (const [name, store] of [
    ['folder', null],
    ['S3, 3 files per image', { puts: 4, gets: 2, latency: S3_LATENCY, ...S3 }],
    ['S3, index alone', { puts: 1, gets: 2, latency: S3_LATENCY, ...S3 }],
  ]) {
    const images = Math.min(total, workers * 100_000);
    const random = randomNumbers(2);
    const some = simulate({
      workers,
      lanes: 1,
      images,
      draw: perImage,
      queueSeconds: queue.cpuSecondsPerImage,
      store,
      // Machines come up over the first minutes.
      startSeconds: () => startSeconds + random() * 120,
    });
    // A part stands for the whole where that is long beyond the start.
    const hours = (some.seconds * (total / images)) / 3600;
    const time = hours > 48 ? `${(hours / 24).toFixed(1)} d` : `${hours.toFixed(1)} h`;
    const percent = (share) => `${(100 * share).toFixed(share < 0.01 ? 2 : 0)} %`;
    console.log(
      `| ${workers} | ${name} | ${time} | ${some.perSecond.toFixed(1)} | ${percent(some.queueBusy)} | ${store ? percent(some.putBusy) : ''} |`,
    );
  }
}
