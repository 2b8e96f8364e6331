import type { ExplainedWord, Sufficiency, TextCounts } from '../api/text.js';
import type { Explanation, TextExplanation } from '../explainers/explanation.js';
import { terminalSafe } from '../reports/escape.js';
import { shownWords } from '../reports/shown-text.js';
import { terminalWords, wantsColour } from '../reports/terminal-words.js';
import { textFacts } from '../reports/text-views.js';

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
    const { words, text, source, sufficiency } = explanation as TextExplanation;
    lines[1][1] = `${mask.size} of ${total} words`;
    lines.splice(2, 0, ['words', textLine(source, words, text)]);
    lines.push(['sufficient', sufficiencyText(sufficiency)]);
    for (const fact of textFacts(text)) lines.push(['note', fact]);
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
  return `${terminalSafe(explanation.input)}\n${lines.map(([name, text]) => `  ${name.padEnd(12)} ${text}`).join('\n')}\n`;
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

function sufficiencyText({ classKept, before, after, blankWord, extended }: Sufficiency): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const blank = blankWord === 'unknown' ? 'the unknown word' : 'padding';
  const kept = classKept ? 'the class stays' : 'the class changes';
  const text = `${kept} with these words alone: ${percent(before)} before, ${percent(after)} with ${blank} for the others`;
  if (extended === undefined || classKept) return text;
  return extended === null
    ? `${text}; even the whole text is read as another class`
    : `${text}; it stays with ${extended.size} words (${percent(extended.after)})`;
}

function proof({ certificate, mask }: Explanation): string {
  if (certificate.status === 'optimal')
    return certificate.confirmed === false ? `proven by ${certificate.provers?.join(', ')} alone` : 'proven';
  return `not proven: at least ${certificate.lowerBound} cells are needed, ${mask.size} are known to do (gap ${(100 * certificate.gap).toFixed(1)} %)`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
