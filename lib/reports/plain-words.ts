import type { Explanation, TextExplanation } from '../explainers/explanation.js';
import type { Target } from '../explainers/target.js';

/** Words that mean the same wherever they are written: terminal, pictures, pages. */

/** How sure the size of a mask is. */
export function proofInWords({ certificate, mask }: Pick<Explanation, 'certificate' | 'mask'>): string {
  if (certificate.status === 'optimal')
    return certificate.confirmed === false ? `proven by ${certificate.provers?.join(', ')} alone` : 'proven';
  return `not proven: at least ${certificate.lowerBound} are needed, ${mask.size} are known to do`;
}

const blanks: Readonly<Record<string, string>> = {
  zero: '0 after preprocessing',
  mean: "the picture's mean colour",
  blur: 'the picture blurred',
};

/** What stands in place of a hidden pixel, as a sentence. */
export function hiddenInWords(blank: string): string {
  return `A hidden pixel is ${blanks[blank] ?? `that of the picture ${blank}`}.`;
}

/** What the cells of a picture's mask are. */
export function cellsInWords({ window }: { window: number }): string {
  return window === 1 ? 'pixels' : `cells of ${window}x${window} pixels`;
}

/** What is explained, and what the network says of it: "class tabby (73.1 %)"; "the value 0.81 of aroma, 0.31 above 0.5". */
export function targetInWords(target: Target): string {
  const { index, label, confidence, against, value, relativeTo } = target;
  if (against !== undefined)
    return `class ${label ?? index} (${percent(confidence)}) against ${against.label ?? `class ${against.index}`} (${percent(against.confidence)})`;
  if (value === undefined) return `class ${label ?? index} (${percent(confidence)})`;
  const name = label ?? (index === 0 ? null : `output ${index}`);
  const distance =
    relativeTo === undefined
      ? ''
      : `, ${short(confidence)} ${value < relativeTo ? 'below' : 'above'} ${short(relativeTo)}`;
  return `the value ${short(value)}${name === null ? '' : ` of ${name}`}${distance}`;
}

/** F, a target's or with parts hidden, as people read it: a share of probability, or the value that F stands for. */
export function outputInWords({ against, value, relativeTo }: Target, explained: number): string {
  if (against !== undefined) return `${(100 * explained).toFixed(1)} points`;
  if (value === undefined) return percent(explained);
  if (relativeTo === undefined) return short(explained);
  return short(value < relativeTo ? relativeTo - explained : relativeTo + explained);
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** What the whole network makes of what was kept, as a sentence. */
export function sufficiencyInWords(
  { target, sufficiency }: Pick<Explanation, 'target' | 'sufficiency'>,
  kept: string,
): string {
  const { classKept, after, extended, blankWord } = sufficiency;
  if (target.against) return orderInWords(target, sufficiency, kept);
  const value = outputInWords(target, after);
  if (classKept === null) return `From ${kept} alone the network gives ${value}.`;
  if (target.predicted) return `From ${kept} alone the network gives ${value} for it.`;
  const same = target.value === undefined ? 'the same class' : 'the same side';
  if (classKept) return `From ${kept} alone the network still reads ${same} (${value}).`;
  const changed = `From ${kept} alone the network reads ${target.value === undefined ? 'another class' : 'the other side'} (${value} for this one): what is proven is about its first layer.`;
  if (extended === undefined) return changed;
  const parts = blankWord === undefined ? 'cells' : 'words';
  return extended === null
    ? `${changed} Even the whole input is read as another class.`
    : `${changed} With ${extended.size} ${parts} it reads ${same} (${outputInWords(target, extended.after)}).`;
}

/** The same of two classes: which one the network puts before the other. */
function orderInWords(
  target: Target,
  { classKept, after, extended, blankWord }: Explanation['sufficiency'],
  kept: string,
): string {
  const name = ({ label, index }: Pick<Target, 'label' | 'index'>) => label ?? `class ${index}`;
  const place = classKept ? 'before' : 'behind';
  const found = `From ${kept} alone the network puts ${name(target)} ${outputInWords(target, Math.abs(after))} ${place} ${name(target.against!)}.`;
  if (classKept || extended === undefined) return found;
  const parts = blankWord === undefined ? 'cells' : 'words';
  return extended === null
    ? `${found} Even with the whole input it does not come first.`
    : `${found} With ${extended.size} ${parts} it comes first (by ${outputInWords(target, extended.after)}).`;
}

/** What an explanation found, for a person who knows neither the paper nor this package: two or three sentences. */
export function inPlainWords(explanation: Explanation & Partial<TextExplanation>): string[] {
  const { target, mask, certificate, nodes, parameters, words } = explanation;
  const total = mask.cells.length;
  const whole = words ? 'text' : 'picture';
  const cells = words ? 'words' : cellsInWords(mask);
  const read = readingInWords(target, whole);
  if (nodes.constrained === 0)
    return [
      read,
      parameters.evidence === 'image'
        ? `Nothing in it speaks for that: it tells the first layer no more than a ${whole} that is all hidden, so what the network says does not rest on it.`
        : nodes.selected === 0
          ? 'Nothing in it speaks for that: no node of the first layer that is switched on makes it more likely.'
          : 'Nothing in it speaks for that: every node of the first layer that would is switched off.',
    ];
  const keep =
    parameters.evidence === 'image'
      ? `what the ${whole} tells the ${nodes.constrained} first-layer nodes that matter most for that`
      : `the ${nodes.constrained} first-layer nodes that matter most for that switched on`;
  const fraction = parameters.gamma === 0 ? '' : `, each at more than ${parameters.gamma} of its strength`;
  if (mask.size === 0)
    return [
      read,
      `No part of it is needed to keep ${keep}${fraction}: the layer's biases do (raise --gamma, or ask for --evidence image).`,
    ];
  const proof = certificate.status === 'optimal' ? 'no fewer do: ' : `whether fewer do is open: `;
  const share = words ? '' : ` (${percent(mask.sparsity)} of it)`;
  const hidden = words ? 'A hidden word is the zero vector.' : hiddenInWords(parameters.blank);
  return [
    read,
    `${mask.size} of its ${total} ${cells}${share} keep ${keep}${fraction}; ${proof}${proofInWords(explanation)}. ${hidden}`,
    sufficiencyInWords(explanation, words ? 'these words' : 'these cells'),
  ];
}

function readingInWords(target: Target, whole: string): string {
  if (target.value !== undefined) return `The network gives this ${whole} ${targetInWords(target)}.`;
  const named = ({ label, index, confidence }: Pick<Target, 'label' | 'index' | 'confidence'>) =>
    `${label ?? `class ${index}`} (${percent(confidence)})`;
  const { predicted, against } = target;
  if (against)
    return `The network reads this ${whole} as ${named(predicted ?? target)}; the question is what speaks for ${named(target)} and not for ${named(against)}.`;
  return predicted
    ? `The network reads this ${whole} as ${named(predicted)}; the question is what speaks for ${named(target)}.`
    : `The network reads this ${whole} as ${named(target)}.`;
}

/** A share as people read it. */
export function percent(value: number): string {
  const percents = 100 * value;
  // A cell of a large picture is no 0.0 %.
  return `${percents > 0 && percents < 0.1 ? percents.toPrecision(1) : percents.toFixed(1)} %`;
}
