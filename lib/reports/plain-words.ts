import type { Explanation, TextExplanation } from '../explainers/explanation.js';

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

/** What stands in place of a hidden pixel. */
function blankInWords(blank: string): string {
  return blanks[blank] ?? `the picture ${blank}`;
}

/** What an explanation found, for a person who knows neither the paper nor this package: a sentence or two. */
export function inPlainWords(explanation: Explanation & Partial<TextExplanation>): string[] {
  const { target, mask, certificate, nodes, parameters, words } = explanation;
  const total = mask.cells.length;
  const whole = words ? 'text' : 'picture';
  const cells = words
    ? 'words'
    : mask.window === 1
      ? 'pixels'
      : `cells of ${mask.window}x${mask.window} pixels`;
  const read = `The network reads this ${whole} as ${target.label ?? `class ${target.index}`} (${percent(target.confidence)}).`;
  if (nodes.constrained === 0)
    return [read, `Nothing in it speaks for that class: no node of the first layer has anything to keep.`];
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
  const hidden = words
    ? 'A hidden word is the zero vector.'
    : `A hidden pixel is ${blankInWords(parameters.blank)}.`;
  return [
    read,
    `${mask.size} of its ${total} ${cells}${share} keep ${keep}${fraction}; ${proof}${proofInWords(explanation)}. ${hidden}`,
  ];
}

function percent(value: number): string {
  const percents = 100 * value;
  // A cell of a large picture is no 0.0 %.
  return `${percents > 0 && percents < 0.1 ? percents.toPrecision(1) : percents.toFixed(1)} %`;
}
