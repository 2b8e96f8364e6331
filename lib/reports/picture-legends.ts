import type { ImageExplanation } from '../explainers/explanation.js';
import { seesWhole } from '../input/viewport.js';
import { CORE_COLOURS } from './core-picture.js';
import type { LegendEntry } from './legend.js';
import {
  cellsInWords,
  hiddenInWords,
  percent,
  proofInWords,
  sufficiencyInWords,
  targetInWords,
} from './plain-words.js';

/** What stands below the pictures of one explanation. */
export interface PictureLegends {
  overlay: LegendEntry[];
  heatmap: LegendEntry[];
  core: LegendEntry[];
}

type Explained = Pick<
  ImageExplanation,
  'target' | 'mask' | 'certificate' | 'parameters' | 'drawing' | 'sufficiency'
>;

/** How much of a picture was kept, and how sure it is that this is the least. */
export function keptInWords(explanation: Pick<Explained, 'mask' | 'certificate'>): string {
  const { mask } = explanation;
  const kept = `${mask.size} of ${mask.cells.length} ${cellsInWords(mask)} kept (${percent(mask.sparsity)})`;
  return `${kept}, smallest: ${proofInWords(explanation)}`;
}

/** Every legend begins with what the network said and what was kept of the picture. */
export function pictureLegends(explanation: Explained): PictureLegends {
  const { target, parameters, drawing } = explanation;
  const unseen = seesWhole(drawing.viewport) ? [] : ['Nearly black: what the network does not look at.'];
  const head = [capitalised(targetInWords(target)), keptInWords(explanation)];
  return {
    overlay: [
      ...head,
      `Bright: kept; the warmer, the more it counts. ${hiddenInWords(parameters.blank)}`,
      sufficiencyInWords(explanation, 'what is kept'),
      ...unseen,
    ],
    heatmap: [...head, { scale: ['0', 'most'] }, 'What each kept pixel counts, on a square-root scale.'],
    core: [
      ...head,
      { colour: CORE_COLOURS.every, text: 'In every smallest mask (faint: not proven).' },
      { colour: CORE_COLOURS.some, text: 'Interchangeable: in some (strong: in this one).' },
      'Grey: in no smallest mask.',
      ...unseen,
    ],
  };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
