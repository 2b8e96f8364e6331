import type { DeclarationCode } from '../../../errors.js';
import type { TextSide, TextWords, Tokenizer } from '../tokenizer.js';
import { readAddedTokens, tokenCutter } from './added-tokens.js';
import { alignedText, trimChars } from './aligned-text.js';
import { Declaration } from './declaration.js';
import { readNormalizer } from './normalizer.js';
import { readPieceVocabulary } from './pieces.js';
import { readPreTokenizer } from './pre-tokenizer.js';
import { readSpecialTokens } from './special-tokens.js';
import { WordRow } from './word-row.js';

/**
 * Reads Hugging Face's `tokenizer.json` of a model whose tokens are words (WordLevel) or pieces of words (WordPiece, BPE):
 * its normaliser, its splitting into words, its special tokens, padding and length.
 *
 * @throws SmugError with `code`, naming what the file has and this reader does not support
 */
export function readHuggingFaceTokenizer(fields: object, name: string, code: DeclarationCode): Tokenizer {
  const stated = new Declaration(fields, name, code);
  const normalize = stated.has('normalizer') ? readNormalizer(stated.object('normalizer')) : undefined;
  const pre = stated.has('pre_tokenizer') ? readPreTokenizer(stated.object('pre_tokenizer')) : undefined;
  const inBytes = pre?.inBytes ?? false;
  const vocabulary = readPieceVocabulary(stated.object('model'), name, code, inBytes);
  const added = readAddedTokens(stated, name, code);
  const cutAsStands = tokenCutter(added.filter(({ normalized }) => !normalized));
  const cutNormalized = tokenCutter(
    added.filter(({ normalized }) => normalized),
    normalize && ((content) => normalize(alignedText(content)).chars.join('')),
  );
  const indexOf = (token: string) =>
    added.find(({ content }) => content === token)?.index ?? vocabulary.table.get(token);

  const split = (text: string): TextWords => {
    const row = new WordRow(vocabulary.unknown);
    for (const outer of cutAsStands(alignedText(text))) {
      const inner =
        outer.token === null ? cutNormalized(normalize ? normalize(outer.part) : outer.part) : [outer];
      for (const { part, token } of inner) {
        if (token !== null) row.add(trimChars(part), [token.index], token.content);
        else
          for (const word of pre ? pre.cut(part) : [part]) {
            if (word.chars.length === 0) continue;
            row.add(inBytes ? trimChars(word) : word, vocabulary.lookUp(word.chars.join('')));
          }
      }
    }
    return row.finish();
  };

  const processor = stated.has('post_processor') ? stated.object('post_processor') : null;
  const { before, after } =
    processor === null ? { before: [], after: [] } : readSpecialTokens(processor, indexOf, code);
  const padding = stated.has('padding') ? stated.object('padding') : null;
  const truncation = stated.has('truncation') ? stated.object('truncation') : null;
  return {
    split,
    before,
    after,
    padding: {
      index: padding?.count('pad_id', 0) ?? indexOf('[PAD]') ?? indexOf('<pad>') ?? 0,
      side: sideOf(padding),
    },
    cut: sideOf(truncation),
    maxLength: truncation?.count('max_length') ?? null,
    padTo: fixedLength(padding),
    // Byte-level models know every word, and yet most have a token for unknown ones.
    unknown: vocabulary.unknown ?? indexOf('<unk>') ?? indexOf('[UNK]') ?? null,
  };
}

function sideOf(stated: Declaration | null): TextSide {
  const direction = stated?.text('direction', 'Right') ?? 'Right';
  if (direction === 'Right') return 'end';
  if (direction === 'Left') return 'start';
  throw stated!.unsupported(`direction ${direction}`, ['Right', 'Left']);
}

/** `"strategy": { "Fixed": n }`; the other strategy pads to the longest text of a batch, which one text is. */
function fixedLength(padding: Declaration | null): number | null {
  const strategy = padding?.raw('strategy');
  return typeof strategy === 'object' && strategy !== null
    ? padding!.object('strategy').count('Fixed')
    : null;
}
