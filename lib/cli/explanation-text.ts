import type { Explanation, TextExplanation } from '../explainers/explanation.js';

/** An explanation as a person reads it on a terminal. */
export function explanationText(explanation: Explanation & Partial<TextExplanation>): string {
  const { target, mask, certificate, nodes, attribution, timing, parameters } = explanation;
  const total = mask.cells.length;
  const percent = (value: number, digits = 1) => `${(100 * value).toFixed(digits)} %`;
  const lines: [string, string][] = [
    ['class', `${target.label ?? target.index} (${percent(target.confidence)})`],
    ['mask', `${mask.size} of ${total} cells, ${percent(mask.sparsity)} of the input`],
    ['minimal', proof(explanation)],
    [
      'nodes',
      `${nodes.selected} chosen, ${nodes.constrained} constrained, gamma ${parameters.gamma}, window ${mask.window}`,
    ],
    [
      'attribution',
      `${attribution.method}, ${attribution.steps} steps` +
        (attribution.completenessError === null
          ? ''
          : `, completeness error ${percent(attribution.completenessError, 2)}`),
    ],
    ['ran on', `${explanation.engine} engine, ${explanation.solver}`],
    [
      'time',
      `${seconds(timing.totalMs)} (attribution ${seconds(timing.attributionMs)}, solver ${seconds(timing.solveMs)})`,
    ],
  ];
  if (explanation.words) {
    const kept = explanation.words.filter((word) => word.kept).map(({ word }) => word);
    lines.splice(2, 0, ['words', kept.join(' ') || '(none)']);
  }
  if (mask.size === 0 && certificate.status === 'optimal') {
    lines.push(['note', "the layer's biases alone keep every chosen node: raise --gamma to ask for more"]);
  }
  if (mask.core) {
    const { every, some, unproven } = mask.core;
    const open = unproven > 0 ? `, ${unproven} cells not proven` : '';
    lines.push(['core', `${every} cells are in every smallest mask, ${some} in some${open}`]);
  }
  const { solutions, exhausted } = explanation.solution;
  if (solutions) {
    const end = exhausted ? '; there is no other mask' : '';
    lines.push(['masks', solutions.map(({ size, status }) => `${size} (${status})`).join(', ') + end]);
  }
  for (const file of explanation.files) lines.push(['file', file]);
  return `${explanation.input}\n${lines.map(([name, text]) => `  ${name.padEnd(12)} ${text}`).join('\n')}\n`;
}

function proof({ certificate, mask }: Explanation): string {
  if (certificate.status === 'optimal')
    return certificate.confirmed === false ? `proven by ${certificate.provers?.join(', ')} alone` : 'proven';
  return `not proven: at least ${certificate.lowerBound} cells are needed, ${mask.size} are known to do (gap ${(100 * certificate.gap).toFixed(1)} %)`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
