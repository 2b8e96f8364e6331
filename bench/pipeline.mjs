// `npm run bench -- pipeline`: a photograph through SqueezeNet 1.1 in the paper's setting (window 4, k 3,000, γ 0), from the file to the
// answer: cold and warm, one and two at once, by stage, beside the reference pipeline in the same run.
//
//   --photographs N   different photographs (20)
//   --rounds N        photographs that the reference pipeline explains, half before and half after (4); 0: without it
//   --save            writes bench/results/pipeline.md
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { root } from '../scripts/native-deps.mjs';
import { median } from './attribution/report.mjs';
import { samplePhotographs } from './networks/packaged-models.mjs';
import { MODEL, OPTIONS, referenceTimes, startReference } from './reference-pipeline/reference-pipeline.mjs';
import { loadAtTheEnd, machine } from './report/machine.mjs';

const run = promisify(execFile);
const COLD_RUNS = 5;
const STAGES = ['loadMs', 'attributionMs', 'encodingMs', 'solveMs'];

export default async function pipelineBench({ args, log }) {
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      photographs: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '4' },
      save: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  const photographs = await samplePhotographs(Number(values.photographs));
  const reference = rounds > 0 ? await startReference(rounds, log) : null;
  await reference?.explain(Math.ceil(rounds / 2));
  log('cold');
  const cold = await measureCold(photographs[0]);
  log('warm');
  const { explainImage, loadModel, writeExplanationFiles } = await import(join(root, 'dist', 'index.js'));
  const model = await loadModel(MODEL);
  const explain = (photograph) => explainImage(model, photograph, OPTIONS);
  for (const photograph of photographs) await explain(photograph);
  const one = await timed(photographs, 1, explain);
  log('two at once');
  const two = await timed(photographs, 2, explain);
  const folder = await mkdtemp(join(tmpdir(), 'smug-bench-'));
  const writing = await timed(photographs, 1, async (photograph) =>
    writeExplanationFiles(await explain(photograph), folder),
  );
  await rm(folder, { recursive: true });
  model.dispose();
  await reference?.explain(rounds);
  reference?.end();
  const text = report({ cold, one, two, writing, times: reference?.times ?? [], count: photographs.length });
  console.log(text);
  if (!values.save) return;
  await mkdir(join(root, 'bench', 'results'), { recursive: true });
  await writeFile(join(root, 'bench', 'results', 'pipeline.md'), text);
}

/** Process start to last file, beside a Node that does nothing; medians of interleaved runs. */
async function measureCold(photograph) {
  const folder = await mkdtemp(join(tmpdir(), 'smug-bench-'));
  const { window, topK, gamma } = OPTIONS;
  const flags = [
    '--window',
    window,
    '--top-k',
    topK,
    '--gamma',
    gamma,
    '--model',
    MODEL,
    '--out',
    folder,
  ].map(String);
  const wall = async (...words) => {
    const start = performance.now();
    await run(process.execPath, words);
    return performance.now() - start;
  };
  const [node, smug] = [[], []];
  for (let at = 0; at < COLD_RUNS; at++) {
    node.push(await wall('-e', '0'));
    smug.push(await wall(join(root, 'dist', 'cli.js'), 'explain', photograph, ...flags));
  }
  await rm(folder, { recursive: true });
  return { node: median(node), smug: median(smug) };
}

/** All photographs, `atOnce` at once. */
async function timed(photographs, atOnce, work) {
  const left = [...photographs];
  const results = [];
  const start = performance.now();
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const begun = performance.now();
      const result = await work(next);
      results.push({ ms: performance.now() - begun, timing: result.timing });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { results, perSecond: (1000 * photographs.length) / (performance.now() - start) };
}

function report({ cold, one, two, writing, times, count }) {
  const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  const middle = (measured, field) => median(measured.results.map(field));
  const stages = STAGES.map(
    (stage) => `${stage.slice(0, -2)} ${ms(middle(one, ({ timing }) => timing[stage]))}`,
  );
  const around = middle(one, ({ ms: whole, timing }) => whole - timing.attributionMs - timing.solveMs);
  const warmFiles = middle(writing, (result) => result.ms);
  const bound = 1.5 * (cold.node + warmFiles + 300);
  const { mean, words } = referenceTimes(times);
  const lines = [
    '# A photograph, from the file to the answer',
    '',
    `${machine()}, ${loadAtTheEnd()}. SqueezeNet 1.1, window 4, k 3,000, γ 0; ${count} photographs; medians.`,
    '',
    '| | |',
    '|---|--:|',
    `| warm | ${ms(middle(one, (result) => result.ms))}: ${stages.join(', ')} |`,
    `| of it neither attribution nor proof | ${ms(around)} |`,
    `| one at a time | ${one.perSecond.toFixed(2)} images per second |`,
    `| two at once | ${two.perSecond.toFixed(2)} images per second, ${(two.perSecond / one.perSecond).toFixed(2)} times |`,
    `| with all its files | ${ms(warmFiles)} |`,
    `| cold, \`smug explain\` with all its files | ${ms(cold.smug)}; \`node -e 0\` ${ms(cold.node)}; 1.5 times node, warm and 300 ms: ${ms(bound)} |`,
    ...(times.length > 0
      ? [
          `| reference pipeline | ${mean.toFixed(1)} s an image: ${words} |`,
          `| two at once beside it | ${(two.perSecond * mean).toFixed(0)} times as many images |`,
        ]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}
