// `npm run bench -- opt-box`: the boxes of OptBox on SqueezeNet, beside PyTorch in batches and the fallback engine crop by crop.
//
//   --photographs N   default 10
//   --crops N         crops that each contender reads per photograph (default 192; the fallback a quarter of them)
//   --save            writes bench/results/opt-box.md
//
// All read the same crops of the same tensor, enlarged bilinearly, in turns; the probabilities must agree.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/native-deps.mjs';
import { median } from './attribution/report.mjs';
import { exportTail, startRival } from './attribution/rival.mjs';
import { environment, samplePhotographs, shared } from './networks/packaged-models.mjs';
import { loadAtTheEnd } from './report/machine.mjs';

/** Float32 networks whose sums are in other orders. */
const AGREEMENT = 2e-3;

export default async function optBoxBench({ args, log }) {
  const { values } = parseArgs({
    args,
    options: {
      photographs: { type: 'string', default: '10' },
      crops: { type: 'string', default: '192' },
      save: { type: 'boolean', default: false },
    },
  });
  const { loadModel } = await import('../dist/index.js');
  const { imageTask } = await import('../dist/explainers/image/rate-image.js');
  const { gridBoxes, optBox } = await import('../dist/explainers/image/boxes.js');
  const { cropConfidences } = await import('../dist/explainers/image/crops.js');
  const { settingsFor } = await import('../dist/api/options.js');
  const { readModelImage } = await import('../dist/model/model-image.js');
  const settings = settingsFor(['explain', 'image', 'hide'], {});
  const threads = availableParallelism();
  const rival = await startRival(threads, log);
  const source = join(shared, 'models', 'squeezenet1.1');
  const [own, fallback] = [await loadModel(source), await loadModel(source, { engine: 'tfjs' })];
  const rows = [];
  let screened = false;
  try {
    for (const photograph of await samplePhotographs(Number(values.photographs))) {
      log(photograph);
      const read = await readModelImage(own, photograph, settings);
      const task = await imageTask(own, read, settings);
      const slow = await imageTask(fallback, read, settings);
      const all = gridBoxes(read.baselines);
      const count = Number(values.crops);
      const boxes = Array.from({ length: count }, (_, at) => all[Math.floor((at * all.length) / count)]);
      const { data, shape } = read.prepared.tensor;
      const activation = join(environment, 'opt-box.bin');
      await writeFile(activation, Buffer.from(data.slice().buffer));
      const asked = {
        folder: await exportTail('opt-box', task.graph),
        activation,
        shape,
        target: task.target.index,
      };
      const ask = (some) =>
        rival.ask({
          ...asked,
          batch: 64,
          boxes: some.map(({ left, top, right, bottom }) => [left, top, right, bottom]),
        });
      await ask(boxes.slice(0, 64));
      await cropConfidences(task, boxes.slice(0, 64));
      await cropConfidences(slow, boxes.slice(0, 1));
      const times = { own: [], torch: [], fallback: [] };
      for (let round = 0; round < 3; round++) {
        let start = performance.now();
        const mine = await cropConfidences(task, boxes);
        times.own.push((performance.now() - start) / count);
        const { ms, values: theirs } = await ask(boxes);
        times.torch.push(ms / count);
        const worst = Math.max(...theirs.map((value, at) => Math.abs(value - mine[at])));
        if (worst > AGREEMENT) throw new Error(`PyTorch and the cpu engine differ by ${worst} on a crop`);
        start = performance.now();
        for (const box of boxes.slice(0, count / 4)) await cropConfidences(slow, [box]);
        times.fallback.push((performance.now() - start) / (count / 4));
      }
      screened = (await own.compileRougher(task.graph)) !== null;
      const start = performance.now();
      await optBox(task);
      const whole = performance.now() - start;
      rows.push({
        own: median(times.own),
        torch: median(times.torch),
        fallback: median(times.fallback),
        whole,
        all: all.length,
      });
    }
  } finally {
    rival.end();
    own.dispose();
    fallback.dispose();
  }
  const of = (name) => median(rows.map((row) => row[name]));
  const ratio = (name) => median(rows.map((row) => row[name] / row.own));
  const sum = (value) => rows.reduce((total, row) => total + value(row), 0);
  const whole = (name) => (sum((row) => row[name] * row.all) / sum((row) => row.whole)).toFixed(1);
  const least = (name) => Math.min(...rows.map((row) => (row[name] * row.all) / row.whole)).toFixed(1);
  const boxes = rows[0].all;
  const wholes = rows.map(({ whole }) => `${(whole / 1000).toFixed(1)} s`).join(', ');
  const text = `# OptBox beside PyTorch and the fallback engine

${cpus()[0].model.trim()}, ${threads} threads, ${loadAtTheEnd()}. SqueezeNet 1.1, ${rows.length} photographs, medians of three rounds in turns.

| contender | per crop | beside this package |
|---|---|---|
| this package, cpu engine, all crops in batches | ${of('own').toFixed(2)} ms | 1 |
| PyTorch ${rival.version}, batches of 64 | ${of('torch').toFixed(2)} ms | ${ratio('torch').toFixed(1)} times as long |
| fallback engine (WebAssembly), one crop at a time | ${of('fallback').toFixed(2)} ms | ${ratio('fallback').toFixed(1)} times as long |

Boxes that are too large to be the best are not read${screened ? ', and the others in bfloat16 first, of which those near the best in float32, too' : ''}: the whole of OptBox, ${boxes} boxes, took ${wholes}.
To read all of them, over the ${rows.length} photographs together, PyTorch would take ${whole('torch')} times as long (at least ${least('torch')} on each), the fallback engine one by one ${whole('fallback')} times (at least ${least('fallback')}).
`;
  console.log(text);
  if (values.save) await writeFile(join(root, 'bench', 'results', 'opt-box.md'), text);
}
