// `npm run bench -- quadrature`: how many points of which rule integrate a path to 1 % and 0.1 % completeness, and how many settle the
// chosen nodes.
//
//   --photographs N   sample photographs a model (default 100; Inception v3, where it is installed: 4)
//   --only-nodes      the chosen nodes alone
//   --models A,B      default: SqueezeNet 1.1, MobileNet 0.25 and, where nsfwjs lies in .bench-env, Inception v3
//   --save            writes bench/results/quadrature.md
//
// The completeness error of any rule is |Σ w·dF/dα − (F(a) − F(0))| / |F(a) − F(0)|, so one evaluation of all rules'
// points tells the errors of all rules. Nothing here is timed.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/native-deps.mjs';
import { models } from './attribution/models.mjs';
import { environment } from './networks/packaged-models.mjs';
import { orders, rules } from './quadrature/rules.mjs';
import { settledNodes } from './quadrature/settled-nodes.mjs';

const library = (path) => import(join(root, 'dist', path));
const TOLERANCES = [0.01, 0.001];
/** Paths below this end difference say nothing; as in lib/attribution/attribution.ts. */
const EPSILON = 1e-12;

export default async function quadratureBench({ args, log }) {
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      photographs: { type: 'string' },
      models: { type: 'string' },
      'only-nodes': { type: 'boolean' },
      save: { type: 'boolean' },
    },
  });
  const installed = existsSync(join(environment, 'npm', 'node_modules', 'nsfwjs'));
  const names = values.models?.split(',') ?? [
    'SqueezeNet 1.1',
    'MobileNet 0.25',
    ...(installed ? ['Inception v3'] : []),
  ];
  const { createCpuEngine } = await library('engines/cpu/engine.js');
  const engine = createCpuEngine();
  const sections = [];
  for (const name of names) {
    const count = Number(values.photographs ?? (name === 'Inception v3' ? 4 : 100));
    sections.push(await measure(name, engine, count, values['only-nodes'] === true, log));
  }
  const text = [
    '# Points until the integral is complete',
    '',
    `${engine.description}. Written by \`npm run bench -- quadrature --save\`.`,
    'Probability of the predicted class. Errors are completeness errors; a path that a list of rules does not settle',
    'counts with all its points.',
    ...sections.flat(),
  ].join('\n');
  console.log(text);
  if (!values.save) return;
  const file = join(root, 'bench', 'results', 'quadrature.md');
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, `${text}\n`);
  log(`written to ${file}`);
}

async function measure(name, engine, count, onlyNodes, log) {
  const { tail, activations, about } = await models[name](engine, count);
  const network = await engine.compile(tail);
  const { integratePaths } = await library('attribution/integrated-gradients.js');
  const zero = new Float32Array(activations[0].data.length);
  const [atZero] = await network.forward([{ shape: activations[0].shape, data: zero }]);
  const errors = rules.map(() => []);
  const ordered = orders.map(() => TOLERANCES.map(() => []));
  const adaptive = TOLERANCES.map(() => []);
  const paths = [];
  for (const [i, activation] of activations.entries()) {
    const [output] = await network.forward([activation]);
    const target = output.data.indexOf(Math.max(...output.data));
    const value = output.data[target];
    paths.push({ activation, target, value });
    if (onlyNodes) continue;
    const difference = value - atZero.data[target];
    const slopes = await slopesOf(network, activation, target);
    const errorOf = ({ points, weights }) => {
      const sum = points.reduce((total, alpha, at) => total + weights[at] * slopes.get(alpha), 0);
      return Math.abs(sum - difference) / Math.max(EPSILON, Math.abs(difference));
    };
    rules.forEach(([, rule], r) => errors[r].push(errorOf(rule)));
    for (const [t, tolerance] of TOLERANCES.entries()) {
      orders.forEach(([, list], o) => ordered[o][t].push(stepsOf(list, errorOf, tolerance)));
      const [{ steps, completenessError }] = await integratePaths(network, [{ activation, target, value }], {
        tolerance,
      });
      adaptive[t].push({ steps, reached: completenessError <= tolerance });
    }
    if ((i + 1) % 10 === 0 || i + 1 === count) log(`${name}: ${i + 1} of ${count}`);
  }
  const nodes = await settledNodes(network, paths, log);
  network.dispose();
  const heading = ['', `## ${name} (${about})`];
  if (onlyNodes) return [...heading, ...nodes];
  return [
    ...heading,
    '',
    '| rule | points | median | 90 % below | worst | below 1 % | below 0.1 % |',
    '| --- | --: | --: | --: | --: | --: | --: |',
    ...rules.map(([family, { points }], r) => ruleRow(family, points.length, errors[r])),
    '',
    '| until it is reached | 1 %: paths | median | mean | most | 0.1 %: paths | median | mean | most |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...orders.map(([order], o) => orderRow(order, ordered[o])),
    orderRow('**Gauss–Patterson 7, 15, then adaptive**', adaptive),
    ...nodes,
  ];
}

/** dF/dα at every point of every rule. */
async function slopesOf(network, activation, target) {
  const alphas = [...new Set(rules.flatMap(([, { points }]) => points))];
  const slopes = new Map();
  const integrator = await network.integrator([{ activation, target }]);
  const fitting = integrator.pointsThatFit;
  integrator.dispose();
  for (let first = 0; first < alphas.length; first += fitting) {
    const part = alphas.slice(first, first + fitting);
    const own = await network.integrator([{ activation, target }]);
    await own.evaluate(part.map((alpha) => ({ path: 0, alpha })));
    (await own.slopes(0)).forEach((slope, at) => slopes.set(part[at], slope));
    own.dispose();
  }
  return slopes;
}

function stepsOf(list, errorOf, tolerance) {
  const used = new Set();
  for (const rule of list) {
    for (const alpha of rule.points) used.add(alpha);
    if (errorOf(rule) <= tolerance) return { steps: used.size, reached: true };
  }
  return { steps: used.size, reached: false };
}

const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;
const shareOf = (list, holds) => percent(list.filter(holds).length / list.length);
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function ruleRow(family, points, list) {
  const sorted = [...list].sort((a, b) => a - b);
  const places = [quantile(sorted, 0.5), quantile(sorted, 0.9), sorted.at(-1)].map((e) => percent(e, 2));
  const shares = TOLERANCES.map((tolerance) => shareOf(list, (error) => error <= tolerance));
  return `| ${[family, points, ...places, ...shares].join(' | ')} |`;
}

function orderRow(name, byTolerance) {
  const cells = byTolerance.flatMap((list) => {
    const steps = list.map((one) => one.steps).sort((a, b) => a - b);
    const mean = steps.reduce((sum, x) => sum + x, 0) / steps.length;
    return [shareOf(list, (one) => one.reached), quantile(steps, 0.5), mean.toFixed(1), steps.at(-1)];
  });
  return `| ${[name, ...cells].join(' | ')} |`;
}
