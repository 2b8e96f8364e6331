import type { Sufficiency } from '../api/sufficiency.js';
import type { ExplainedWord, TextCounts } from '../api/text.js';
import type { Explanation, TextExplanation } from '../explainers/explanation.js';
import { terminalSafe } from '../reports/escape.js';
import { shownWords } from '../reports/shown-text.js';
import { inPlainWords, outputInWords, proofInWords } from '../reports/plain-words.js';
import type { Target } from '../explainers/target.js';
import { terminalWords, wantsColour } from '../reports/terminal-words.js';
import { textFacts } from '../reports/text-views.js';

/** An explanation as a person reads it on a terminal. */
export function explanationText(explanation: Explanation & Partial<TextExplanation>): string {
  const { mask, nodes, attribution, timing, parameters } = explanation;
  const percent = (value: number, digits = 1) => `${(100 * value).toFixed(digits)} %`;
  const { completenessError, topKStability, converged } = attribution;
  const lines: [string, string][] = [
    ['minimal', proofInWords(explanation)],
    [
      'nodes',
      `${nodes.selected} chosen, ${nodes.constrained} constrained, ${parameters.evidence} evidence, gamma ${parameters.gamma}, window ${mask.window}`,
    ],
    [
      'attribution',
      `${attribution.method} of the ${parameters.output}, ${attribution.steps} steps` +
        (completenessError === null ? '' : `, completeness error ${percent(completenessError, 2)}`) +
        (topKStability === null ? '' : `, ${percent(topKStability)} of the nodes settled`) +
        (parameters.stop === 'top-k' && converged ? ' (all that --stop top-k asks)' : '') +
        (converged === false ? ': NOT CONVERGED' : ''),
    ],
    ['ran on', `${explanation.engine} engine, ${explanation.solver}`],
    [
      'time',
      `${seconds(timing.totalMs)} (attribution ${seconds(timing.attributionMs)}, solver ${seconds(timing.solveMs)})`,
    ],
  ];
  lines.push(['sufficient', sufficiencyText(explanation.target, explanation.sufficiency)]);
  if (explanation.reference) {
    const { images, percentile } = explanation.reference;
    lines.push(['reference', `larger than ${percentile.toFixed(0)} % of ${images} explanations`]);
  }
  for (const note of explanation.notes) lines.push(['note', note]);
  if (explanation.words) {
    const { words, text, source } = explanation as TextExplanation;
    lines.unshift(['words', textLine(source, words, text)]);
    for (const fact of textFacts(text)) lines.push(['note', fact]);
  }
  if (mask.core) {
    const { every, some, none, unproven } = mask.core;
    const open = unproven > 0 ? `, ${unproven} cells not proven` : '';
    lines.push([
      'core',
      `${every} cells are in every smallest mask, ${some} in some, ${none} in none${open}`,
    ]);
  }
  const { solutions, exhausted } = explanation.solution;
  if (solutions) {
    const end = exhausted ? '; there is no other mask' : '';
    lines.push([
      'masks',
      solutions
        .map(({ size, status }) => `${size} (${status === 'optimal' ? 'proven' : 'not proven'})`)
        .join(', ') + end,
    ]);
  }
  for (const [at, { cells, rows, solution: further }] of (explanation.disjoint ?? []).entries()) {
    const size = cells.reduce((sum, cell) => sum + cell, 0);
    const proof = further.status === 'optimal' ? 'proven' : `not proven, at least ${further.lowerBound}`;
    lines.push([
      at === 0 ? 'disjoint' : '',
      `${size} other cells keep ${rows} of the ${nodes.constrained} nodes (${proof})`,
    ]);
  }
  if (explanation.disjoint?.length === 0)
    lines.push(['disjoint', 'none: the cells of this mask are all that keep any node which needs a cell']);
  for (const file of explanation.files) lines.push(['file', file]);
  const told = inPlainWords(explanation).map((sentence) => `  ${terminalSafe(sentence)}`);
  const numbers = lines.map(([name, text]) => `    ${name.padEnd(12)} ${text}`);
  return `${[terminalSafe(explanation.input), ...told, ...numbers].join('\n')}\n`;
}

/** A text with its kept words marked, in colour where the terminal wants it. */
export function textLine(
  source: string,
  words: readonly Pick<ExplainedWord, 'start' | 'end' | 'kept' | 'score' | 'unknown'>[],
  { cut, cutFrom }: TextCounts,
): string {
  const shown = { colour: wantsColour(process.stdout), cutFrom: cut > 0 ? cutFrom : null };
  return terminalWords(source, shownWords(words), shown);
}

function sufficiencyText(
  target: Target,
  { classKept, before, after, blankWord, extended }: Sufficiency,
): string {
  const [parts, others] =
    blankWord === undefined
      ? ['cells', 'the others hidden']
      : ['words', `${blankWord === 'unknown' ? 'the unknown word' : 'padding'} for the others`];
  const what = target.against
    ? 'the order of the two classes'
    : target.value === undefined
      ? 'the class'
      : 'the side of the value';
  const kept = classKept === null ? 'the value' : `${what} ${classKept ? 'stays' : 'changes'}`;
  const output = (explained: number) => outputInWords(target, explained);
  const text = `${kept} with these ${parts} alone: ${output(before)} before, ${output(after)} with ${others}`;
  if (extended === undefined || classKept) return text;
  return extended === null
    ? `${text}; even the whole is read as another class`
    : `${text}; it stays with ${extended.size} ${parts} (${output(extended.after)})`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
