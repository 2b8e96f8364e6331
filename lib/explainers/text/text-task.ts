import type { Explainer, Rating } from '../explainer.js';
import type { Model } from '../../model/model.js';
import type { WordCells } from '../../masks/word-cells.js';
import type { InputView } from '../first-layer.js';
import type { AttributeSettings, ScoreRule } from '../options.js';
import type { ModelText } from '../../model/model-text.js';
import type { BlankedText } from './blanked-text.js';

/** One text on its way through a method that scores or chooses its words. */
export interface TextTask {
  model: Model;
  text: ModelText;
  cells: WordCells;
  /** The network seen from its first layer, and its target. */
  view: InputView;
  blanked: BlankedText;
  settings: TextMethodSettings;
}

/** What the methods have to go by. */
interface TextMethodSettings extends AttributeSettings {
  topK: number;
  score: ScoreRule;
  /** SIS: what f must reach. Absent: 90 % of f on the whole text. */
  threshold?: number;
}

/** What a method says of the words. */
export interface WordRating extends Rating {
  /** SIS: every subset found, its words by number, and what was asked of it. */
  subsets?: { words: number[]; value: number }[];
  threshold?: number;
}

export type TextMethod = Explainer<TextTask, WordRating>;
