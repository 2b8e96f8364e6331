// How many points it takes until the chosen nodes are settled, and how many of them a converged attribution chooses, too.
import { join } from 'node:path';
import { root } from '../../scripts/native-deps.mjs';

const library = (path) => import(join(root, 'dist', path));

const TOP_K = 3000;
/** Points of the Gauss–Legendre rule that stands for the converged attribution. */
const CONVERGED = 511;
/** Photographs of a network, at most: the converged attribution of one takes seconds. */
const AT_MOST = 20;

/** What is asked of a path, by the words of the table. */
const asked = [
  ['1 %', {}],
  ['the nodes are settled, 95 %', { stop: 'top-k', stability: 0.95 }],
  ['the nodes are settled, 97 %', { stop: 'top-k', stability: 0.97 }],
  ['both, 97 %', { stability: 0.97 }],
];

/** @param paths `{ activation, target, value }` each */
export async function settledNodes(network, paths, log) {
  const { integratePaths } = await library('attribution/integrated-gradients.js');
  const { selectTopNodes } = await library('attribution/select.js');
  const found = asked.map(() => []);
  const measured = paths.slice(0, AT_MOST);
  for (const [i, path] of measured.entries()) {
    const scoresOf = async (options) => (await integratePaths(network, [path], options))[0];
    const { scores } = await scoresOf({ steps: CONVERGED });
    const converged = new Set(selectTopNodes(scores, TOP_K));
    for (const [a, [, options]] of asked.entries()) {
      const { steps, topKStability, ...own } = await scoresOf({ topK: TOP_K, ...options });
      const chosen = selectTopNodes(own.scores, TOP_K);
      const kept = chosen.filter((node) => converged.has(node)).length / chosen.length;
      found[a].push({ steps, kept, reported: topKStability });
    }
    log(`settled nodes: ${i + 1} of ${measured.length}`);
  }
  return [
    '',
    `The top ${TOP_K.toLocaleString('en')} nodes of ${measured.length} of them, beside those that ${CONVERGED} Gauss–Legendre points choose:`,
    '',
    '| until | points: least | median | mean | most | share kept: least | median | reported too high by, at most |',
    '| --- | --: | --: | --: | --: | --: | --: | --: |',
    ...asked.map(([words], a) => rowOf(words, found[a])),
  ];
}

function rowOf(words, list) {
  const sorted = (of) => list.map(of).toSorted((a, b) => a - b);
  const middle = (values) => values[Math.floor(values.length / 2)];
  const steps = sorted((one) => one.steps);
  const kept = sorted((one) => one.kept);
  const mean = steps.reduce((sum, value) => sum + value, 0) / steps.length;
  const excess = Math.max(0, ...list.map(({ reported, kept: share }) => reported - share));
  const cells = [steps[0], middle(steps), mean.toFixed(1), steps.at(-1)];
  return `| ${[words, ...cells, percent(kept[0]), percent(middle(kept)), `${(100 * excess).toFixed(1)} points`].join(' | ')} |`;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
