import test from 'ava';
import { explainText } from '../../dist/index.js';
import { selectTopNodes } from '../../dist/attribution/select.js';
import { readModelText } from '../../dist/model/model-text.js';
import type { Model } from '../../dist/model/model.js';
import { randomNumbers } from '../support/random-numbers.js';
import { textModel } from './models.js';

const words = 'the film was a dull and slow but honest tale of war'.split(' ');
const table = Object.fromEntries(['[PAD]', '[UNK]', ...words].map((word, at) => [word, at]));

/** Word pieces, so that some words take two or three positions and [CLS] and [SEP] stand around the text. */
const wordPiece = {
  version: '1.0',
  added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((content, id) => ({ id, content, special: true })),
  normalizer: { type: 'BertNormalizer', lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
  },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    vocab: Object.fromEntries(
      ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'film', '##s', '##ing', 'the', 'dull', '##ness', 'was', 'slow', ',', 'a']
        .map((piece, at) => [piece, at]), // prettier-ignore
    ),
  },
};

/** o = W₁X + b₁ of every node in float64, straight from the definitions of the layers, words hidden where mask is 0. */
async function preactivations(
  model: Model,
  wordAt: Int32Array,
  x: Float32Array,
  mask: (word: number) => number,
): Promise<number[]> {
  const { layer } = model.split('probability', new Map([['words', [1, 12]]]));
  const conv = layer.kind === 'conv';
  const positionOf = (at: number) => (conv ? at % 12 : Math.floor(at / 5));
  const masked = Float64Array.from(x, (value, at) => {
    const word = wordAt[positionOf(at)];
    return word < 0 ? value : value * mask(word);
  });
  const count = layer.outputShape.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, node) => {
    if (!conv)
      return masked.reduce(
        (sum, value, at) => sum + value * layer.weights.data[at * count + node],
        layer.bias[node],
      );
    const channel = Math.floor(node / 10);
    let sum = layer.bias[channel];
    for (let c = 0; c < 5; c++)
      for (let k = 0; k < 3; k++)
        sum += masked[c * 12 + (node % 10) + k] * layer.weights.data[(channel * 5 + c) * 3 + k];
    return sum;
  });
}

for (const first of ['conv', 'dense'] as const) {
  for (const [kind, declared] of [
    ['words', { vocabulary: table }],
    ['word pieces', { tokenizer: wordPiece }],
  ] as const) {
    test(`${first}, ${kind}: the mask is as small as the smallest that the first layer itself accepts`, async (t) => {
      const next = randomNumbers(7);
      const pieces =
        kind === 'words' ? words : ['films', 'filming', 'the', 'dullness', 'was', 'slow', ',', 'a', 'xyz'];
      let several = 0;
      for (let round = 0; round < 12; round++) {
        const model = textModel(first, 30 + round);
        const length = 1 + Math.floor(next() * (kind === 'words' ? 12 : 6));
        const text = Array.from({ length }, () => pieces[Math.floor(next() * pieces.length)]).join(' ');
        const gamma = [0, 0, 0.3, 0.6][round % 4];
        const topK = 1 + Math.floor(next() * 8);
        const explanation = await explainText(model, text, { ...declared, gamma, topK });
        t.is(explanation.certificate.status, 'optimal');

        const { arranged, tensor } = await readModelText(model, text, declared);
        const { wordAt } = arranged;
        t.is(arranged.words.length, explanation.mask.cells.length);
        if (explanation.words.some((word) => word.pieces > 1)) several++;
        const split = model.split('probability', new Map([['words', [1, 12]]]));
        const [x] = await (await model.compile(split.prefix)).forward([tensor]);
        const whole = await preactivations(model, wordAt, x.data, () => 1);
        const chosen = [...selectTopNodes(explanation.scores.data, topK)].filter(
          (node) => whole[node] > 1e-9,
        );
        t.is(explanation.nodes.constrained, chosen.length);
        const holds = async (mask: (word: number) => number) => {
          const kept = await preactivations(model, wordAt, x.data, mask);
          return chosen.every((node) => kept[node] > gamma * whole[node]);
        };
        t.true(await holds((word) => explanation.mask.cells[word]), text);
        let smallest = Infinity;
        for (let mask = 0; mask < 2 ** arranged.words.length; mask++) {
          const size = [...mask.toString(2)].filter((bit) => bit === '1').length;
          if (size < smallest && (await holds((word) => (mask >> word) & 1))) smallest = size;
        }
        t.is(explanation.mask.size, smallest, `${text} (k ${topK}, gamma ${gamma})`);
      }
      if (kind === 'word pieces') t.true(several >= 6);
    });
  }
}
