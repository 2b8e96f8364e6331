// `npm run bench -- full-encoding [--only NAME] [--per-class N] [--delta D] [--limit S] [--threads T] [--save]`
//
// The smallest mask with which the whole network still reads the class, of held-out digits one after the other: how many are
// answered, how many proven minimal, how large, how long. The paper's solver answered 41 of 100 on a network of this shape.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { explainFullEncoding, loadModel } from '../dist/index.js';
import { heldOutDigits } from '../examples/full-encoding/held-out.mjs';
import { loadAtTheEnd, machine } from './report/machine.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const NETWORKS = [
  { name: 'mnist-fc', source: 'builtin:mnist-fc', perClass: 10 },
  { name: 'mnist-conv', source: here('../examples/full-encoding/mnist-conv'), perClass: 2 },
];

export default async function bench({ args, log }) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: '' },
      'per-class': { type: 'string' },
      delta: { type: 'string', default: '0' },
      limit: { type: 'string', default: '30' },
      threads: { type: 'string', default: '2' },
      save: { type: 'boolean', default: false },
    },
  });
  const options = { delta: +values.delta, timeLimit: +values.limit, threads: +values.threads };
  const networks = [];
  const bounds = [];
  for (const { name, source, perClass } of NETWORKS.filter((one) => one.name.includes(values.only))) {
    const model = await loadModel(source);
    const found = [];
    for (const { label, image } of heldOutDigits(+(values['per-class'] ?? perClass))) {
      const result = await explainFullEncoding(model, image, options);
      const { certificate, mask, target, margin, network, timing } = result;
      found.push({ ...certificate, label, mask, read: target.index, margin, network, ms: timing.totalMs });
      log(
        `${name}, a ${label} read as ${target.index}: ${certificate.status}, ${mask?.size} pixels, at least ` +
          `${certificate.lowerBound}; ${certificate.nodes} nodes, ${(timing.totalMs / 1000).toFixed(2)} s`,
      );
    }
    model.dispose();
    networks.push(networkLine(name, found));
    for (const one of found.filter(({ status }) => status !== 'optimal'))
      bounds.push(
        `| ${name} | ${one.label} | ${one.mask?.size ?? 'none'} | ${one.lowerBound} | ${one.nodes} |`,
      );
  }
  const table = [
    '| network | digits | answered | proven minimal | pixels: how many digits | median, 90 %, slowest (s) |',
    '|---|--:|--:|--:|---|---|',
    ...networks,
  ].join('\n');
  const open = ['| network | digit | pixels | at least | nodes |', '|---|--:|--:|--:|--:|', ...bounds].join(
    '\n',
  );
  const text =
    bounds.length > 0 ? `${table}\n\nNot proven minimal within the limit:\n\n${open}\n` : `${table}\n`;
  console.log(text);
  if (!values.save) return;
  const head = `${machine()}, ${options.threads} threads; delta ${options.delta}, at most ${options.timeLimit} s per digit, one after the other; ${loadAtTheEnd()}.`;
  const shared = loadavg()[0] > options.threads + 1 ? ' Other work ran on the machine.' : '';
  await mkdir(here('results'), { recursive: true });
  await writeFile(
    here('results/full-encoding.md'),
    `# Full encoding of small networks\n\n${head}${shared}\nWritten by \`npm run bench -- full-encoding --save\`.\n\n${text}`,
  );
}

function networkLine(name, found) {
  const { layers, products } = found[0].network;
  const answered = found.filter(({ mask }) => mask !== null);
  const sizes = new Map();
  for (const { mask } of answered) sizes.set(mask.size, (sizes.get(mask.size) ?? 0) + 1);
  const histogram = [...sizes].sort(([a], [b]) => a - b).map(([size, count]) => `${size}: ${count}`);
  const seconds = found.map(({ ms }) => ms / 1000).sort((a, b) => a - b);
  const times = [0.5, 0.9, 1].map((share) => seconds[Math.ceil(share * seconds.length) - 1].toFixed(2));
  const optimal = found.filter(({ status }) => status === 'optimal').length;
  return `| ${name} (${layers} linear layers, ${products.toLocaleString('en')} products) | ${found.length} | ${answered.length} | ${optimal} | ${histogram.join(', ')} | ${times.join(', ')} |`;
}
