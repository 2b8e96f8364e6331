import type { TextExplanation } from '../explainers/explanation.js';
import type { RatedText } from '../explainers/text/rate-words.js';
import type { TextSpan } from '../input/text/text-spans.js';
import { textPage } from './text-page.js';
import { explanationView, ratingView } from './text-views.js';

export interface Comparison {
  title: string;
  /** Paragraphs before the texts. */
  notes?: readonly string[];
  explanation: TextExplanation;
  /** The same text by other methods, in the order they are to stand. */
  ratings: readonly RatedText[];
  /** Stretches that people marked as the reason: underlined. */
  truth?: readonly TextSpan[];
}

/** One text as SMUG and other methods see it, on one HTML page of its own: no scripts, nothing from the network. */
export function comparisonPage({ title, notes, explanation, ratings, truth }: Comparison): string {
  const views = [explanationView(explanation, truth), ...ratings.map((rating) => ratingView(rating, truth))];
  return textPage({ title, notes, views });
}
