import type { DeclarationCode } from '../../../errors.js';
import { checkIndex } from '../word-table.js';
import type { Declaration } from './declaration.js';

/** The indices of the special tokens before and after a single text. */
export interface SpecialTokens {
  before: number[];
  after: number[];
}

const supported = ['BertProcessing', 'RobertaProcessing', 'TemplateProcessing', 'ByteLevel', 'Sequence'];

/** Reads a `post_processor`. What it says of offsets has no part here: places of words come from the text itself. */
export function readSpecialTokens(
  processor: Declaration,
  indexOf: (token: string) => number | undefined,
  code: DeclarationCode,
): SpecialTokens {
  const { type } = processor;
  switch (type) {
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const index = (key: string) => {
        const [token, id] = processor.list(key);
        checkIndex(id, `${type}: special token ${JSON.stringify(token)} has index`, code);
        return id;
      };
      return { before: [index('cls')], after: [index('sep')] };
    }
    case 'TemplateProcessing':
      return readTemplate(processor, indexOf);
    case 'ByteLevel':
      return { before: [], after: [] };
    case 'Sequence':
      return processor
        .objects('processors')
        .map((step) => readSpecialTokens(step, indexOf, code))
        .reduce(
          (inner, outer) => ({
            before: [...outer.before, ...inner.before],
            after: [...inner.after, ...outer.after],
          }),
          { before: [], after: [] },
        );
    default:
      throw processor.unsupported(`post_processor ${type}`, supported);
  }
}

function readTemplate(processor: Declaration, indexOf: (token: string) => number | undefined): SpecialTokens {
  const sides: SpecialTokens = { before: [], after: [] };
  let side: 'before' | 'after' = 'before';
  for (const part of processor.objects('single')) {
    if (part.has('Sequence')) {
      side = 'after';
      continue;
    }
    const token = part.object('SpecialToken').text('id');
    const index = indexOf(token);
    if (index === undefined) throw processor.fault(`special token '${token}' is not in the vocabulary`);
    sides[side].push(index);
  }
  return sides;
}
