// A small BERT as Hugging Face keeps one: model.onnx, tokenizer.json, config.json.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.js';
import { classifierFile, PADDING } from './text-classifier.js';

const pieces = [
  '[CLS]',
  '[PAD]',
  '[SEP]',
  '[UNK]',
  'a',
  'dull',
  '##est',
  'film',
  '##s',
  'of',
  'all',
  ',',
  'fine',
  'bad',
];
export const vocabulary = Object.fromEntries(pieces.map((piece, at) => [piece, at]));
const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
const tokenizer = {
  added_tokens: ['[CLS]', '[PAD]', '[SEP]', '[UNK]'].map((content, id) => ({
    id,
    content,
    special: true,
    normalized: false,
  })),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]')],
  },
  // A text padded to a fixed length where the model is told the mask: the same result, at the cost of its length.
  padding: {
    strategy: { Fixed: 12 },
    direction: 'Right',
    pad_id: PADDING,
    pad_type_id: 0,
    pad_token: '[PAD]',
  },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: vocabulary,
  },
};
export const classNames = { 0: 'negative', 1: 'neutral', 2: 'positive' };

const config = {
  model_type: 'bert',
  max_position_embeddings: 16,
  id2label: classNames,
};

/** As RoBERTa has it: pieces spelled in bytes, a word with the space before it. */
const bytePieces = ['<s>', '<pad>', '</s>', 'Ġ', 'd', 'u', 'Ġd', 'Ġdu', '!', 'Ã', '©', 'Ã©'];
const byteTokenizer = {
  added_tokens: ['<s>', '<pad>', '</s>'].map((content, id) => ({
    id,
    content,
    special: true,
    normalized: true,
  })),
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  post_processor: { type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 0], trim_offsets: true },
  model: {
    type: 'BPE',
    unk_token: null,
    vocab: Object.fromEntries(bytePieces.map((piece, at) => [piece, at])),
    merges: ['Ġ d', 'Ġd u', 'Ã ©'],
  },
};

/**
 * Writes the three files.
 *
 * @param positions of the file's inputs; −1 leaves them open
 * @param words how a text is cut: in WordPiece's pieces, or byte pairs
 */
export function classifierFolder(
  positions = -1,
  folder = temporaryFolder('classifier'),
  words: 'pieces' | 'byte pairs' = 'pieces',
): string {
  const write = (name: string, contents: string | Uint8Array) => writeFileSync(join(folder, name), contents);
  write('model.onnx', classifierFile({ exporter: 'dynamo', positions, sentences: true }));
  write('tokenizer.json', JSON.stringify(words === 'pieces' ? tokenizer : byteTokenizer));
  write('config.json', JSON.stringify(config));
  return folder;
}
