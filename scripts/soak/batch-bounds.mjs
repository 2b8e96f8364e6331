// `npm run soak -- batch-bounds [--count IMAGES] [--pace]`: what docs/batch.md says of memory and speed.
//   1. Ten photographs of 100 megapixels, made here: peak memory within 0.5 GB and 0.2 GB per image in flight; results equal to those of the
//      same images shrunk beforehand by the same rule.
//   2. 2,000 small images: resident memory grows by less than 1 MB per 1,000; the event loop stays free. `--small-only`: this alone.
//   3. With --pace, on a machine that is idle besides: the default is at least 1.8 times one image at a time, which has one of two cores.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { holdLittleMemory } from '../../dist/addon/memory.js';
import { runBatch } from '../../dist/batch/run-batch.js';
import { listImages } from '../../dist/batch/list-images.js';
import { decodeImage } from '../../dist/input/decode.js';
import { loadModel } from '../../dist/model/load-model.js';
import { jsonLines, pictures } from '../../test/batch/batch-runs.js';
import { randomNumbers } from '../../test/support/random-numbers.js';
import { cli, material, run } from './batch-folders.mjs';

const JOBS = 3;
const BOUND_MB = 500 + 200 * JOBS;

export default async function soak(args) {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '2000' },
      pace: { type: 'boolean', default: false },
      'small-only': { type: 'boolean', default: false },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'smug-soak-bounds-'));
  try {
    const large = values['small-only'] || (await largeImages(folder));
    const flat = await memoryOverMany(folder, Number(values.count));
    const quick = !values.pace || (await pace(folder));
    return large && flat && quick;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function largeImages(folder) {
  const { words } = material(join(folder, 'model'), 1);
  const [large, shrunk] = ['large', 'shrunk'].map((name) => join(folder, name));
  for (const each of [large, shrunk]) mkdirSync(each);
  const random = randomNumbers(1);
  for (let at = 0; at < 10; at++) {
    const path = join(large, `${at}.jpg`);
    await photograph(path, random);
    const { data, width, height, channels } = await decodeImage(path);
    await sharp(data, { raw: { width, height, channels } })
      .png({ compressionLevel: 1 })
      .toFile(join(shrunk, `${at}.png`));
  }
  const out = (name) => join(folder, `${name}-out`);
  const batch = (name) => ['batch', join(folder, name), ...words, '--files', 'none', '--out', out(name)];
  const peak = await peakOf([cli, ...batch('large'), '--jobs', String(JOBS)]);
  await run(process.execPath, [cli, ...batch('shrunk')]);
  const settled = (name) =>
    jsonLines(join(out(name), 'index.jsonl')).map(({ target, nodes, mask, certificate, error }) =>
      JSON.stringify({ target, nodes, mask, certificate, error }),
    );
  const [ours, theirs] = [settled('large'), settled('shrunk')];
  const equal =
    ours.length === 10 && ours.every((line, at) => line === theirs[at] && !line.includes('"error"'));
  console.log(
    `ten images of 100 megapixels: peak ${peak.toFixed(0)} MB (bound ${BOUND_MB}); ${equal ? 'equal to' : 'NOT equal to'} the shrunk ones`,
  );
  return equal && peak < BOUND_MB;
}

/** 100 megapixels: coarse noise made large, so that there is something to see. */
async function photograph(path, random) {
  const [width, height] = [64, 48];
  const data = Uint8Array.from({ length: width * height * 3 }, () => 256 * random());
  await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(11_548, 8_661, { fit: 'fill', kernel: 'cubic' })
    .jpeg({ quality: 85 })
    .toFile(path);
}

/** Peak resident megabytes of a command (Linux). */
function peakOf(words) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, words, { stdio: 'ignore' });
    let peak = 0;
    const watch = setInterval(() => {
      try {
        const [, kilobytes] =
          /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
        peak = Math.max(peak, Number(kilobytes ?? 0) / 1000);
      } catch {
        // It has ended.
      }
    }, 20);
    child.on('close', () => {
      clearInterval(watch);
      resolve(peak);
    });
  });
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

async function memoryOverMany(folder, count) {
  // As `smug batch` does.
  holdLittleMemory();
  const photos = pictures(folder, count);
  const model = await loadModel('builtin:mnist-fc');
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const sizes = [];
  delay.enable();
  await runBatch(model, await listImages([photos], join(folder, 'many')), {
    out: join(folder, 'many'),
    kinds: ['json', 'overlay'],
    jobs: 3,
    gamma: 0.3,
    onProgress({ done }) {
      if (done % 20 > 0) return;
      // What waits to be collected is no growth.
      collect();
      sizes.push([done, process.memoryUsage.rss() / 1e6]);
    },
  });
  delay.disable();
  model.dispose();
  // The least of every hundred, without what images in flight hold for a moment. What compilers and pools take in the first half is the base.
  const least = [];
  for (const [done, megabytes] of sizes) {
    const window = Math.floor((done - 1) / 100);
    if (done > 0) least[window] = Math.min(least[window] ?? Infinity, megabytes);
  }
  console.log(`resident megabytes per hundred images: ${least.map((each) => each.toFixed(0)).join(' ')}`);
  const slope = slopeOf([...least.entries()].slice(least.length / 2)) * 10;
  const [p99, most] = [delay.percentile(99), delay.max].map((each) => each / 1e6);
  console.log(
    `${count} images: ${slope.toFixed(2)} MB per 1,000; event loop late by ${p99.toFixed(0)} ms (99 %), ${most.toFixed(0)} ms at most; load ${loadavg()[0].toFixed(1)}`,
  );
  return slope < 1 && p99 < 100;
}

function slopeOf(points) {
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

async function pace(folder) {
  const { photos, words } = material(join(folder, 'pace'), 120);
  const seconds = [];
  const oneCore = process.platform === 'linux' ? ['taskset', '-c', '0'] : [];
  for (const [at, [before, more]] of [
    [oneCore, ['--jobs', '1', '--threads', '1']],
    [[], []],
  ].entries()) {
    const started = performance.now();
    const [program, ...first] = [...before, process.execPath];
    await run(program, [
      ...first,
      cli,
      'batch',
      photos,
      ...words,
      ...more,
      '--out',
      join(folder, `pace-${at}`),
    ]);
    seconds.push((performance.now() - started) / 1000);
  }
  const ratio = seconds[0] / seconds[1];
  console.log(
    `120 images: one at a time on one core ${seconds[0].toFixed(1)} s, default ${seconds[1].toFixed(1)} s: ${ratio.toFixed(2)} times; load ${loadavg()[0].toFixed(1)}`,
  );
  return ratio >= 1.8;
}
