import { selectTopNodes } from '../../attribution/select.js';
import { textGeometry, cellGrid } from '../../masks/cells.js';
import { scoreWords } from '../../masks/word-cells.js';
import { attributeNodes } from '../attribute-nodes.js';
import { scorePixels } from '../score.js';
import type { TextTask, WordRating } from './text-task.js';

/**
 * SMUG_base (Sahoo et al. 2021): the union of the receptive fields of the k nodes with the highest attribution, scored
 * as SMUG scores words, without a mask that makes it small.
 */
export async function smugBase({ model, view, text, cells, settings }: TextTask): Promise<WordRating> {
  const { layer } = view.split;
  const attribution = await attributeNodes(model, view, settings, { topK: settings.topK });
  const { scores: nodes, steps, completenessError } = attribution;
  const geometry = textGeometry(layer, text.tensor.data.length);
  const selected = selectTopNodes(nodes, settings.topK);
  const positions = scorePixels(layer, geometry, cellGrid(geometry, 1), selected, nodes, settings.score);
  const scores = scoreWords(positions, cells, settings.score);
  return { scores, kept: Uint8Array.from(scores, (score) => (score > 0 ? 1 : 0)), steps, completenessError };
}
