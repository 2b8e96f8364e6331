import type { DeclarationCode } from '../../../errors.js';
import type { TextSide, TextWord, TextWords, Tokenizer } from '../tokenizer.js';
import { checkIndex, type WordTable } from '../word-table.js';
import { cutAtTokens, readAddedTokens } from './added-tokens.js';
import { alignedText } from './aligned-text.js';
import { Declaration } from './declaration.js';
import { readNormalizer } from './normalizer.js';
import { readPieceVocabulary } from './pieces.js';
import { readPreTokenizer } from './pre-tokenizer.js';

/**
 * Reads Hugging Face's `tokenizer.json` of a model whose tokens are words (WordLevel) or pieces of words (WordPiece, BPE on bytes): its
 * normaliser, its splitting into words, its special tokens, padding and length.
 *
 * @throws SmugError with `code`, naming what the file has and this reader does not support
 */
export function readHuggingFaceTokenizer(fields: object, name: string, code: DeclarationCode): Tokenizer {
  const stated = new Declaration(fields, name, code);
  const vocabulary = readPieceVocabulary(stated.object('model'), name, code);
  const added = readAddedTokens(stated, name, code);
  const normalize = stated.has('normalizer') ? readNormalizer(stated.object('normalizer')) : undefined;
  const cut = stated.has('pre_tokenizer') ? readPreTokenizer(stated.object('pre_tokenizer')) : undefined;
  if ((vocabulary.ofBytes ?? false) !== isByteLevel(stated))
    throw stated.fault(
      'a BPE model is read with the pre_tokenizer ByteLevel, and only that: the model has pieces of bytes, and the pre-tokenizer makes them',
    );
  const indexOf = (token: string) =>
    added.find(({ content }) => content === token)?.index ?? vocabulary.table.get(token);

  const split = (text: string): TextWords => {
    const words: TextWord[] = [];
    let dropped = 0;
    // White space that is a piece of its own goes with the word behind it.
    let spaces: number[] = [];
    for (const { start, end, token } of cutAtTokens(text, added)) {
      if (token !== null) {
        words.push({
          word: token.content,
          start,
          end,
          indices: [...spaces, token.index],
          unknown: token.index === vocabulary.unknown,
        });
        spaces = [];
        continue;
      }
      const original = alignedText(text, start, end);
      const normalized = normalize ? normalize(original) : original;
      for (const { chars, starts, ends } of cut ? cut(normalized) : [normalized]) {
        if (chars.length === 0) continue;
        const known = vocabulary.lookUp(chars.join(''));
        const indices = known ?? (vocabulary.unknown === null ? null : [vocabulary.unknown]);
        const first = vocabulary.ofBytes ? chars.findIndex((char) => !WHITE_SPACE.test(char)) : 0;
        if (indices === null) dropped++;
        else if (first < 0) spaces.push(...indices);
        else {
          words.push({
            word: chars.slice(first).join(''),
            start: starts[first],
            end: ends[ends.length - 1],
            indices: [...spaces, ...indices],
            unknown: known === null,
          });
          spaces = [];
        }
      }
    }
    // At the end of the text there is no word behind it.
    words.at(-1)?.indices.push(...spaces);
    return { words, dropped };
  };

  const { before, after } = readSpecialTokens(stated, indexOf, code, name);
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
    unknown: vocabulary.unknown,
  };
}

const WHITE_SPACE = /^\p{White_Space}$/u;

function isByteLevel(stated: Declaration): boolean {
  return stated.has('pre_tokenizer') && stated.object('pre_tokenizer').type === 'ByteLevel';
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

/** The special tokens around a single text. */
function readSpecialTokens(
  stated: Declaration,
  indexOf: (token: string) => ReturnType<WordTable['get']>,
  code: DeclarationCode,
  name: string,
): { before: number[]; after: number[] } {
  if (!stated.has('post_processor')) return { before: [], after: [] };
  const processor = stated.object('post_processor');
  if (processor.type === 'BertProcessing' || processor.type === 'RobertaProcessing') {
    const index = (key: string) => {
      const [token, id] = processor.list(key);
      checkIndex(id, `${name}: special token ${JSON.stringify(token)} has index`, code);
      return id;
    };
    return { before: [index('cls')], after: [index('sep')] };
  }
  // It only trims places in the text.
  if (processor.type === 'ByteLevel') return { before: [], after: [] };
  if (processor.type !== 'TemplateProcessing')
    throw processor.unsupported(`post_processor ${processor.type}`, [
      'BertProcessing',
      'RobertaProcessing',
      'TemplateProcessing',
      'ByteLevel',
    ]);
  const sides: { before: number[]; after: number[] } = { before: [], after: [] };
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
