import type { SplitNetwork } from '../graph/split.js';
import type { ModelFile } from '../loaders/model.js';

/** What of a model's outputs was taken for granted: what a reader may have meant otherwise. */
export function readingNotes(
  { outputs }: Pick<ModelFile, 'outputs'>,
  { soleLogit }: Pick<SplitNetwork, 'soleLogit'>,
): string[] {
  const notes: string[] = [];
  if (outputs.length > 1)
    notes.push(
      `The model has ${outputs.length} outputs (${outputs.slice(0, 6).join(', ')}${outputs.length > 6 ? ', …' : ''}); the first is explained. ` +
        'For another one, export the model with that output first.',
    );
  if (soleLogit)
    notes.push(
      'The model has one output and no sigmoid: it was read as the logit of class 1 beside class 0. Where it is a value and no class, ' +
        "as a regression's is, ask for the output value (--output value).",
    );
  return notes;
}
