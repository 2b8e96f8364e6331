// `npm run bench -- rex`: beside ReX (PyPI `rex-xai`), which seeks minimal sufficient sets of pixels by causal responsibility.
//
//   --photographs N   evenly taken from the sample (default 5; ReX takes minutes for each)
//   --save            writes the table into bench/results/rex.md
//
// The two answer different questions: ReX's pixels keep the class, and nothing says that no fewer do; SMUG's keep what the first layer
// tells the rest, proven smallest, and `--require-class` adds cells until the class is kept. Both get the same tensor, and a hidden
// pixel is 0 after preprocessing for both. ReX runs with its defaults and a seed, in an environment of its own.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { root } from '../scripts/native-deps.mjs';
import { median } from './attribution/report.mjs';
import { environment, samplePhotographs, shared } from './networks/packaged-models.mjs';

const run = promisify(execFile);
const python = join(environment, 'rex', 'bin', 'python');
const folder = join(environment, 'rex-tensors');
const modelFolder = join(shared, 'models', 'squeezenet1.1');

export default async function rexBench({ args, log }) {
  const { values } = parseArgs({
    args,
    options: { photographs: { type: 'string', default: '5' }, save: { type: 'boolean', default: false } },
  });
  const { explainImage, loadModel } = await import('../dist/index.js');
  const { imageTask } = await import('../dist/explainers/image/rate-image.js');
  const { settingsFor } = await import('../dist/api/options.js');
  const { readModelImage } = await import('../dist/model/model-image.js');
  const { writeNpy } = await import('../dist/reports/npy.js');
  await prepareEnvironment(log);
  await mkdir(folder, { recursive: true });
  const model = await loadModel(modelFolder);
  const settings = settingsFor(['explain', 'image', 'hide'], {});
  const rows = [];
  for (const photograph of await samplePhotographs(Number(values.photographs))) {
    const name = basename(photograph, '.jpg');
    log(name);
    const read = await readModelImage(model, photograph, settings);
    const { tensor } = read.prepared;
    const file = join(folder, `${name}.npy`);
    await writeNpy(file, tensor.data, tensor.shape);
    const { stdout } = await run(python, [
      join(root, 'bench', 'rex', 'run_rex.py'),
      join(modelFolder, 'model.onnx'),
      folder,
      file,
    ]);
    const rex = JSON.parse(stdout);
    const mask = await readFile(join(folder, `${name}.mask`));
    const task = await imageTask(model, read, settings);
    const hidden = tensor.data.map((value, at) => (mask[at % mask.length] ? value : 0));
    const [{ data: outputs }] = await task.network.forward([{ data: hidden, shape: tensor.shape }]);
    await explainImage(model, photograph);
    const smug = await explainImage(model, photograph);
    const whole = await explainImage(model, photograph, { requireClass: true });
    const { extended } = whole.sufficiency;
    rows.push({
      name,
      rex: { ...rex, classKept: outputs.indexOf(Math.max(...outputs)) === task.target.index },
      smug: {
        area: smug.mask.sparsity,
        classKept: smug.sufficiency.classKept,
        proven: smug.certificate.status === 'optimal',
        seconds: smug.timing.totalMs / 1000,
      },
      extended: {
        area: extended && extended.size / whole.mask.cells.length,
        seconds: whole.timing.totalMs / 1000,
      },
    });
  }
  model.dispose();
  const table = tableOf(rows);
  console.log(table);
  if (values.save) {
    const path = join(root, 'bench', 'results', 'rex.md');
    const before = existsSync(path) ? await readFile(path, 'utf8') : '';
    const start = before.indexOf('| photograph');
    await writeFile(path, `${start < 0 ? before : before.slice(0, start)}${table}\n`);
  }
}

async function prepareEnvironment(log) {
  if (existsSync(python)) return;
  log('an environment of its own for ReX: some gigabytes, once');
  await run('python3', ['-m', 'venv', join(environment, 'rex')]);
  await run(python, ['-m', 'pip', 'install', '--quiet', 'rex-xai==0.4.1', 'onnxruntime']);
}

function tableOf(rows) {
  const share = (value) => (value == null ? 'never' : `${(100 * value).toFixed(1)} %`);
  const kept = (value) => (value ? 'yes' : 'no');
  const time = (seconds) => `${seconds.toFixed(seconds < 10 ? 2 : 0)} s`;
  const lines = rows.map(
    ({ name, rex, smug, extended }) =>
      `| ${name} | ${share(rex.area)} | ${kept(rex.classKept)} | ${time(rex.seconds)} | ${share(smug.area)} | ${kept(smug.classKept)} | ` +
      `${kept(smug.proven)} | ${time(smug.seconds)} | ${share(extended.area)} | ${time(extended.seconds)} |`,
  );
  const ratio = median(rows.map(({ rex, extended }) => rex.seconds / extended.seconds));
  return [
    '| photograph | ReX: area | class kept | time | SMUG: area | class kept | proven smallest | time | until the class is kept | time |',
    `|${'---|'.repeat(10)}`,
    ...lines,
    '',
    `ReX takes ${ratio.toFixed(0)} times as long as SMUG with \`--require-class\` (median).`,
  ].join('\n');
}
