// `npm run bench -- attribution`: integrated gradients of the first layer, this package's cpu engine against the
// fallback engine, PyTorch, Captum, and the bare time of oneDNN's convolutions.
//
//   --models=A,B    names from bench/attribution/models.mjs (default: all)
//   --photos=N      inputs a model (default 20); the slow rivals run on the first --slow=M of them (default 3)
//   --no-rivals     only this package and the floor
//
// All contenders run in turns on every input, in one session and on as many threads, so that a busy machine slows
// all of them; medians of the inputs are reported, and ratios of medians.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../scripts/native-deps.mjs';
import { environment, models } from './attribution/models.mjs';
import { exportTail, startRival } from './attribution/rival.mjs';
import { report } from './attribution/report.mjs';

const library = (path) => import(join(root, 'dist', path));
const FLOOR_SAMPLES = 8;

export default async function attributionBench({ args, log }) {
  const option = (name, fallback) =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? fallback;
  const names = option('models', Object.keys(models).join(',')).split(',');
  const photos = Number(option('photos', 20));
  const slow = Number(option('slow', 3));
  const { createCpuEngine } = await library('engines/cpu/engine.js');
  const threads = Number(process.env.SMUG_THREADS ?? availableParallelism());
  const engine = createCpuEngine({ threads });
  log(engine.description);
  const rival = args.includes('--no-rivals') ? null : await startRival(threads, log);
  const sections = [];
  try {
    for (const name of names) {
      log(name);
      sections.push(await benchModel({ name, engine, rival, photos, slow, threads, log }));
    }
  } finally {
    rival?.end();
  }
  const text = report({
    machine: `${cpus()[0].model.trim()}, ${threads} threads, load average at the end ${loadavg()[0].toFixed(1)}`,
    engine: engine.description,
    rival: rival ? `PyTorch ${rival.version}` : null,
    sections,
  });
  console.log(text);
  await mkdir(join(root, 'bench', 'results'), { recursive: true });
  const file = join(root, 'bench', 'results', `attribution-${option('name', 'cpu')}.md`);
  await writeFile(file, text);
  log(`written to ${file}`);
}

async function benchModel({ name, engine, rival, photos, slow, threads, log }) {
  const { tail, activations, about } = await models[name](engine, photos);
  const network = await engine.compile(tail);
  const halves = engine.description.includes('bf16')
    ? await engine.compile(tail, { precision: 'bf16' })
    : null;
  const fallback = await fallbackNetwork(tail, threads);
  const folder = rival ? await exportTail(name, tail) : null;
  const { integratePaths } = await library('attribution/integrated-gradients.js');
  const times = {};
  const note = (contender, entry) => (times[contender] ??= []).push(entry);

  for (const [i, activation] of activations.entries()) {
    const [output] = await network.forward([activation]);
    const target = output.data.indexOf(Math.max(...output.data));
    // Known from the prediction that chose the class, as in `explain`; the rivals do not check completeness at all.
    const value = output.data[target];
    const own = async (contender, on, options) => {
      const start = performance.now();
      const before = process.cpuUsage();
      const [{ steps, completenessError }] = await integratePaths(
        on,
        [{ activation, target, value }],
        options,
      );
      const { user, system } = process.cpuUsage(before);
      const ms = performance.now() - start;
      note(contender, { ms, cpuMs: (user + system) / 1000, steps, completeness: completenessError });
    };
    if (i === 0) {
      // Compiled and warm, like the rivals' second call.
      await own('warm-up', network, { steps: 8 });
      if (halves) await own('warm-up', halves, { steps: 8 });
      if (rival) await ask(rival, folder, activation, target, 'gl8');
    }
    await own('smug, to 1 %', network, { tolerance: 0.01 });
    await own('smug, 8 steps', network, { steps: 8 });
    if (rival)
      note('PyTorch, 8 steps', { ...(await ask(rival, folder, activation, target, 'gl8')), steps: 8 });
    const floor = await network.convolutionFloor(FLOOR_SAMPLES, 3);
    note('floor, 8 steps', { ms: floor.forwardMs + floor.backwardMs, steps: FLOOR_SAMPLES });
    if (halves) await own('smug bf16, 8 steps', halves, { steps: 8 });
    if (rival)
      note('PyTorch, 50 steps', { ...(await ask(rival, folder, activation, target, 'gl50')), steps: 50 });
    if (i < slow) {
      if (fallback) await own('fallback (tfjs), 8 steps', fallback, { steps: 8 });
      if (rival) {
        note('PyTorch, 200 Riemann', {
          ...(await ask(rival, folder, activation, target, 'riemann200')),
          steps: 200,
        });
        note('Captum as it comes', {
          ...(await ask(rival, folder, activation, target, 'captum')),
          steps: 50,
        });
      }
    }
    log(`${name}: input ${i + 1} of ${activations.length}`);
  }
  delete times['warm-up'];
  const profile = await network.profile({ inputs: [activations[0]], targets: [0] }, 5);
  for (const one of [network, halves, fallback]) one?.dispose();
  return { name, about, times, profile, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

async function fallbackNetwork(tail, threads) {
  const { createTfjsEngine } = await library('engines/tfjs/engine.js');
  return (await createTfjsEngine({ threads })).compile(tail);
}

async function ask(rival, folder, activation, target, method) {
  const file = join(environment, 'activation.bin');
  await writeFile(file, Buffer.from(activation.data.slice().buffer));
  return rival.ask({ folder, activation: file, shape: activation.shape, target, method });
}
