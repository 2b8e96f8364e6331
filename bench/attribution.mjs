// `npm run bench -- attribution`: integrated gradients of the first layer, this package's cpu engine against the
// fallback engine, PyTorch, Captum, and the bare time of oneDNN's convolutions.
//
//   --models A,B      names from bench/attribution/models.mjs (default: all)
//   --photographs N   inputs a model; the slow rivals (fallback, 200 Riemann steps, Captum) run on the first --slow M
//                     of them. Defaults keep the whole within a quarter of an hour on two cores; see INPUTS
//   --no-rivals       only this package and the floor
//   --save            writes bench/results/attribution.md
//
// All contenders run in turns on every input, in one session and on as many threads, so that a busy machine slows
// all of them; medians of the inputs are reported, and ratios of medians.
import { availableParallelism, cpus } from 'node:os';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { parseArgs, promisify } from 'node:util';
import { root } from '../scripts/native-deps.mjs';
import { models } from './attribution/models.mjs';
import { environment } from './networks/packaged-models.mjs';
import { exportTail, startRival } from './attribution/rival.mjs';
import { report } from './attribution/report.mjs';
import { loadAtTheEnd } from './report/machine.mjs';

const library = (path) => import(join(root, 'dist', path));
const FLOOR_SAMPLES = 8;
/** [inputs, of which the slow rivals run on] */
const INPUTS = {
  'SqueezeNet 1.1': [20, 3],
  'MobileNet 0.25': [20, 3],
  GoogLeNet: [8, 2],
  'Inception v3': [5, 1],
};

export default async function attributionBench({ args, log }) {
  const { values: options } = parseArgs({
    args,
    strict: false,
    options: {
      models: { type: 'string', default: Object.keys(models).join(',') },
      photographs: { type: 'string' },
      slow: { type: 'string' },
      'no-rivals': { type: 'boolean' },
      save: { type: 'boolean' },
    },
  });
  const names = options.models.split(',');
  const { createCpuEngine } = await library('engines/cpu/engine.js');
  const threads = Number(process.env.SMUG_THREADS ?? availableParallelism());
  const engine = createCpuEngine({ threads });
  log(engine.description);
  const rival = options['no-rivals'] ? null : await startRival(threads, log);
  const sections = [];
  try {
    for (const name of names) {
      log(name);
      const photos = Number(options.photographs ?? INPUTS[name][0]);
      const slow = Number(options.slow ?? INPUTS[name][1]);
      const section = await benchModel({ name, engine, rival, photos, slow, threads, log });
      sections.push({ ...section, peaks: await peaksOf(name) });
    }
  } finally {
    rival?.end();
  }
  const text = report({
    machine: `${cpus()[0].model.trim()}, ${threads} threads, ${loadAtTheEnd()}`,
    engine: engine.description,
    rival: rival ? `PyTorch ${rival.version}` : null,
    sections,
  });
  console.log(text);
  if (!options.save) return;
  await mkdir(join(root, 'bench', 'results'), { recursive: true });
  const file = join(root, 'bench', 'results', 'attribution.md');
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
      await idle();
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
    await idle();
    const floor = await network.convolutionFloor(FLOOR_SAMPLES, 3);
    note('floor, 8 steps', {
      ms: floor.forwardMs + floor.backwardMs,
      cpuMs: floor.cpuMs,
      steps: FLOOR_SAMPLES,
    });
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
  const integrator = await network.integrator([{ activation: activations[0], target: 0 }]);
  const profile = await integrator.profile(5);
  integrator.dispose();
  for (const one of [network, halves, fallback]) one?.dispose();
  return { name, about, times, profile };
}

/** Threads of whoever ran before may spin for a while in wait of more work; nobody is to run beside them. */
const idle = () => new Promise((resolve) => setTimeout(resolve, 250));

/** One attribution in a process of its own, for each of some memory budgets: the peak of what is resident. */
async function peaksOf(name) {
  const script = join(root, 'bench', 'attribution', 'peak-memory.mjs');
  const peaks = [];
  for (const budgetMiB of [64, 256, 1024]) {
    const { stdout } = await promisify(execFile)(process.execPath, [script, name, `${budgetMiB}`]);
    peaks.push({ budgetMiB, ...JSON.parse(stdout) });
  }
  return peaks;
}

async function fallbackNetwork(tail, threads) {
  const { createTfjsEngine } = await library('engines/tfjs/engine.js');
  return (await createTfjsEngine({ threads })).compile(tail);
}

async function ask(rival, folder, activation, target, method) {
  await idle();
  const file = join(environment, 'activation.bin');
  await writeFile(file, Buffer.from(activation.data.slice().buffer));
  return rival.ask({ folder, activation: file, shape: activation.shape, target, method });
}
