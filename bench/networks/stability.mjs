// How many of the nodes that a default call chooses an attribution of many more points chooses too.
import { join } from 'node:path';
import { root } from '../../scripts/native-deps.mjs';
import { median } from '../attribution/report.mjs';

/** Points of the attribution that stands for the converged one. */
const POINTS = 511;

/** The estimate that a call reports and what it estimates, per photograph. */
export async function measureStability(modelPath, photographs, log) {
  const { explainImage, loadModel } = await import(join(root, 'dist', 'index.js'));
  const model = await loadModel(modelPath);
  const found = [];
  for (const photograph of photographs) {
    const { attribution, parameters, scores } = await explainImage(model, photograph);
    const { topK, evidence, output } = parameters;
    const many = await explainImage(model, photograph, {
      topK,
      evidence,
      output,
      steps: POINTS,
      maxSteps: POINTS,
    });
    const [chosen, settled] = [scores, many.scores].map(({ data }) => highest(data, topK));
    const kept = [...chosen].filter((node) => settled.has(node)).length / chosen.size;
    found.push({ steps: attribution.steps, reported: attribution.topKStability, kept });
    log(`${photograph}: ${JSON.stringify(found.at(-1))}`);
  }
  model.dispose();
  return found;
}

export const stabilityHeading = [
  '| network | photographs | points | reported | shared with 511 points | reported too high by, at most |',
  '|---|---|---|---|---|---|',
];

export function stabilityRow(name, found) {
  const span = (values, text) => {
    const sorted = values.toSorted((a, b) => a - b);
    return [sorted[0], median(sorted), sorted.at(-1)].map(text).join(' · ');
  };
  const percents = (value) => (100 * value).toFixed(1);
  const excess = Math.max(0, ...found.map(({ reported, kept }) => reported - kept));
  return `| ${[
    name,
    found.length,
    span(
      found.map(({ steps }) => steps),
      (steps) => steps,
    ),
    `${span(
      found.map(({ reported }) => reported),
      percents,
    )} %`,
    `${span(
      found.map(({ kept }) => kept),
      percents,
    )} %`,
    `${percents(excess)} points`,
  ].join(' | ')} |`;
}

/** The k nodes of the highest positive scores. */
function highest(scores, k) {
  const nodes = Uint32Array.from(scores, (_, node) => node).filter((node) => scores[node] > 0);
  return new Set(nodes.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, k));
}
