import type { TextExplanation } from '../explainers/explanation.js';
import type { RatedText } from '../explainers/text/rate-words.js';
import type { TextSpan } from '../input/text/text-spans.js';
import { methodHeadings } from './method-headings.js';
import { shownWords } from './shown-text.js';
import { outputInWords, targetInWords } from './plain-words.js';
import type { TextView } from './text-page.js';

/** An explanation as a section of a page. */
export function explanationView(explanation: TextExplanation, truth?: readonly TextSpan[]): TextView {
  const { source, words, text, mask, certificate, target, parameters, sufficiency } = explanation;
  const proof =
    certificate.status === 'optimal'
      ? 'proven: no smaller choice keeps the evidence'
      : `not proven: at least ${certificate.lowerBound} are needed`;
  return {
    heading: 'SMUG',
    facts: [
      targetInWords(target),
      `${mask.size} of ${words.length} words, ${proof}`,
      `with these words alone the network gives ${target.value === undefined ? 'the class ' : ''}${outputInWords(target, sufficiency.after)}`,
      `k ${parameters.topK}, γ ${parameters.gamma}`,
      ...textFacts(text),
    ],
    text: source,
    words: shownWords(words),
    cutFrom: text.cut > 0 ? text.cutFrom : null,
    truth,
  };
}

/** Words rated by another method as a section of a page. */
export function ratingView(rated: RatedText, truth?: readonly TextSpan[]): TextView {
  const { source, words, text, method, target, subsets, parameters, attribution } = rated;
  const kept = words.filter((word) => word.kept).length;
  const chosen = words.every((word) => word.kept === null) ? [] : [`${kept} of ${words.length} words`];
  const sets =
    subsets === undefined
      ? []
      : [
          `${subsets.length} disjoint ${subsets.length === 1 ? 'subset reaches' : 'subsets reach'} ${parameters.threshold?.toFixed(3)}; shown is the first`,
          `blanked words become the ${parameters.blankWord === 'unknown' ? 'unknown word' : 'padding'}`,
        ];
  const error = attribution?.completenessError;
  return {
    heading: methodHeadings[method],
    facts: [
      targetInWords(target),
      ...chosen,
      ...sets,
      ...(error == null ? [] : [`completeness error ${percent(error, 2)}`]),
    ],
    text: source,
    words: shownWords(words.map((word) => ({ ...word, kept: word.kept ?? false }))),
    cutFrom: text.cut > 0 ? text.cutFrom : null,
    truth,
  };
}

/** What a reader ought to know of a text's way into the model; nothing for most texts. */
export function textFacts({ cut, cutFrom, seen, unknown, dropped }: TextExplanation['text']): string[] {
  return [
    ...(cut > 0 ? [`the model sees ${seen} words; ${cut} more were cut at the ${cutFrom}`] : []),
    ...(unknown > 0 ? [`${unknown} of the words are unknown to the model`] : []),
    ...(dropped > 0 ? [`${dropped} words that the vocabulary lacks were left out`] : []),
  ];
}

function percent(value: number, digits = 1): string {
  return `${(100 * value).toFixed(digits)} %`;
}
