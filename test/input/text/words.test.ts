import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { arrangeText } from '../../../dist/input/text/arrange-words.js';
import { findTokenizer } from '../../../dist/input/text/find-tokenizer.js';
import { readTokenizer } from '../../../dist/input/text/read-tokenizer.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const table = { '[PAD]': 0, '[UNK]': 1, the: 2, film: 3, was: 4, "don't": 5, café: 6, '👍': 7, שלום: 8 };
const read = (declaration: unknown) => readTokenizer(declaration, 'here', 'BAD_OPTION');
const wordsOf = (declaration: unknown, text: string) =>
  read(declaration)
    .split(text)
    .words.map(({ word }) => word);

test('a bare table: words keep apostrophes and accents, marks and emoji stand alone, places fit the text', (t) => {
  const text = 'The FILM, don\'t! café cafe\u0301 👍🏽 👩‍👩‍👧 שלום "x"\u00a0ﬁn';
  const { words, dropped } = read(table).split(text);
  t.deepEqual(
    words.map(({ word }) => word),
    ['the', 'film', ',', "don't", '!', 'café', 'cafe\u0301', '👍', '🏽', '👩‍👩‍👧', 'שלום', '"', 'x', '"', 'ﬁn'],
  );
  t.is(dropped, 0);
  for (const { word, start, end } of words) t.is(text.slice(start, end).toLowerCase(), word);
  t.deepEqual(
    words.filter(({ unknown }) => !unknown).map(({ indices }) => indices[0]),
    [2, 3, 5, 6, 7, 8],
  );
  t.deepEqual(wordsOf({ the: 0, film: 1 }, 'The dull film'), ['the', 'film']);
  t.is(read({ the: 0, film: 1 }).split('The dull film').dropped, 1);
  t.deepEqual(wordsOf(['', 'the', 'film'], 'film the'), ['film', 'the']);
});

test('lower-casing that changes a length keeps places right', (t) => {
  const text = 'İSTANBUL The ΟΔΟΣ film';
  for (const declaration of [table, { word_index: table, oov_index: 1 }]) {
    const { words } = read(declaration).split(text);
    t.deepEqual(
      words.map(({ start, end }) => text.slice(start, end)),
      ['İSTANBUL', 'The', 'ΟΔΟΣ', 'film'],
    );
    t.deepEqual(
      words.map(({ word }) => word),
      ['i\u0307stanbul', 'the', 'οδος', 'film'],
    );
  }
});

test('texts are padded, cut and counted on the declared sides', (t) => {
  const declare = (padding: string, truncating: string) =>
    read({ word_index: table, oov_index: 1, padding, truncating, maxlen: 4, padding_index: 0 });
  const short = 'the film';
  const long = 'the film was unknownword the film';
  const rows = (padding: string, truncating: string, text: string) => {
    const { indices, wordAt, words, counts } = arrangeText(text, declare(padding, truncating), 4);
    words.forEach(({ positions }, word) => positions.forEach((position) => t.is(wordAt[position], word)));
    t.is(wordAt.filter((word) => word < 0).length, counts.padding);
    return [...indices];
  };
  t.deepEqual(rows('post', 'post', short), [2, 3, 0, 0]);
  t.deepEqual(rows('pre', 'post', short), [0, 0, 2, 3]);
  t.deepEqual(rows('post', 'post', long), [2, 3, 4, 1]);
  t.deepEqual(rows('post', 'pre', long), [4, 1, 2, 3]);
  const { counts } = arrangeText(long, declare('post', 'pre'), 4);
  t.deepEqual(counts, {
    words: 6,
    seen: 4,
    cut: 2,
    cutFrom: 'start',
    unknown: 1,
    dropped: 0,
    positions: 4,
    padding: 0,
    special: 0,
  });
  // An input of open length is as long as the text, or as the declaration pads to, or as the network needs.
  t.is(arrangeText(short, read(table), -1).indices.length, 2);
  t.is(arrangeText(short, read(table), -1, 3).indices.length, 3);
  t.is(arrangeText(short, declare('post', 'post'), -1).indices.length, 4);
});

test('texts without a word are refused, each with its reason', (t) => {
  const known = read({ the: 0 });
  t.throws(() => arrangeText('', known, 4), { code: 'BAD_INPUT', message: /empty/ });
  t.throws(() => arrangeText(' \n\t\u3000', known, 4), { code: 'BAD_INPUT', message: /empty/ });
  t.throws(() => arrangeText('dull tale', known, 4), { code: 'BAD_INPUT', message: /2 unknown/ });
  t.throws(() => arrangeText('...', read({ word_index: { the: 1 } }), 4), {
    code: 'BAD_INPUT',
    message: /only characters/,
  });
  // Words that are padding or unknown to the model are words all the same.
  t.is(arrangeText('[PAD]', read({ word_index: table, filters: '', lower: false }), 4).counts.seen, 1);
  t.is(arrangeText('dull tale', read(table), 4).counts.unknown, 2);
});

test('a megabyte of text is split, cut and counted within seconds', (t) => {
  // In bytes; every word is merged from its start on.
  const spelled = ['ĠThe', 'The', 'Ġfilm', ',', 'Ġwas', 'ĠâĢĶ', 'ĠðŁĳį', 'ĠcafÃ©', '!', 'Ġ'];
  const steps = spelled.flatMap((word) => [...word].map((char, at) => [word.slice(0, at), char]));
  const pieces = new Set(steps.flatMap(([before, char]) => [char, before + char]));
  const bytes = Object.fromEntries([...pieces].map((piece, at) => [piece, at]));
  const text = 'The film, was — 👍 café! '.repeat(40_000);
  t.true(text.length >= 1_000_000);
  for (const declaration of [
    table,
    { word_index: table, oov_index: 1 },
    {
      model: { type: 'WordPiece', vocab: table, unk_token: '[UNK]' },
      normalizer: { type: 'BertNormalizer' },
      pre_tokenizer: { type: 'BertPreTokenizer' },
    },
    {
      model: { type: 'BPE', vocab: bytes, merges: steps.filter(([before]) => before !== '') },
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
    },
  ]) {
    const { counts, words } = arrangeText(text, read(declaration), 500);
    t.is(counts.seen, 500);
    t.is(counts.words, counts.seen + counts.cut);
    t.true(counts.cut > 100_000);
    t.is(words.at(-1)!.positions[0], 499);
  }
});

test('a megabyte of white space before a token that takes it along is read within seconds', (t) => {
  const tokenizer = read({
    model: { type: 'BPE', vocab: { a: 0, Ġ: 1 }, merges: [] },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
    added_tokens: [{ id: 2, content: '<mask>', lstrip: true }],
  });
  const space = ' '.repeat(2 ** 20);
  const { words } = tokenizer.split(`a${space}<mask>${space}a`);
  t.deepEqual(
    words.map(({ word, indices }) => [word, indices.length]),
    [
      ['a', 1],
      ['<mask>', 1],
      ['a', space.length + 1],
    ],
  );
});

const bytePairs = { type: 'BPE', vocab: { a: 0 }, merges: [] };
const split = (Regex: string) => ({ type: 'Split', behavior: 'Isolated', pattern: { Regex } });

test('a word of a million bytes is joined in order within seconds', (t) => {
  const model = { type: 'BPE', vocab: { a: 0, aa: 1, aaaa: 2, b: 3 }, merges: ['a a', 'aa aa'] };
  const tokenizer = readTokenizer(
    { model, pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false } },
    'x',
    'BAD_MODEL',
  );
  const split = (text: string) => tokenizer.split(text).words.map(({ indices }) => indices);
  t.deepEqual(split('aaaaaaab'), [[2, 1, 0, 3]]);
  t.is(split('a'.repeat(2 ** 20))[0].length, 2 ** 18);
});

test('declarations that do not fit are refused, naming the place', (t) => {
  const bad: [unknown, RegExp][] = [
    [null, /JSON object/],
    [7, /JSON object/],
    [{}, /empty/],
    [[], /empty/],
    [{ film: -1 }, /'film' has index -1/],
    [{ film: 1.5 }, /1\.5/],
    [{ film: 'one' }, /"one"/],
    [{ film: 2 ** 24 }, /16777216/],
    [['the', 3], /holds 3/],
    [{ word_index: { the: 1 }, padding: 'left' }, /"padding" must be "pre" or "post"; it is "left"/],
    [{ word_index: { the: 1 }, maxlen: 0 }, /maxlen/],
    [{ word_index: { the: 1 }, lowercase: true }, /unknown field "lowercase"; known are/],
    [{ word_index: { the: 1 }, oov_token: '<OOV>' }, /oov_token/],
    [{ word_index: { the: 1 }, oov_index: -3 }, /oov_index/],
    [{ word_index: { the: 1 }, split: '' }, /split/],
    [{ class_name: 'Tokenizer' }, /config/],
    [{ class_name: 'Tokenizer', config: { word_index: '{' } }, /JSON/],
    [{ class_name: 'Tokenizer', config: { word_index: {}, char_level: true } }, /char_level/],
    [{ model: { type: 'Unigram', vocab: [['a', 0]] } }, /model Unigram is not supported.*BPE/],
    [{ model: { type: 'BPE', vocab: { a: 0 } } }, /"merges" must be a list/],
    [{ model: { type: 'BPE', vocab: { a: 0 }, merges: ['a'] } }, /"merges"\[0\] must be two pieces.*"a"/],
    [{ model: { type: 'BPE', vocab: { a: 0 }, merges: [['a', 'a']] } }, /"merges"\[0\] needs 'aa'/],
    [{ model: { type: 'BPE', vocab: { a: 0 }, merges: [], dropout: 0.1 } }, /"dropout"/],
    [{ model: bytePairs, pre_tokenizer: { type: 'Metaspace' } }, /pre_tokenizer Metaspace.*supported are/],
    [{ model: bytePairs, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'ByteLevel' }, { type: 'Digits' }] } }, /after ByteLevel/],
    [{ model: bytePairs, pre_tokenizer: { type: 'Split', behavior: 'Odd', pattern: { String: ' ' } } }, /behavior Odd.*Isolated/],
    [{ model: bytePairs, pre_tokenizer: split('(a') }, /regular expression \(a is not supported/],
    [{ model: bytePairs, pre_tokenizer: split('a?+b') }, /regular expression/],
    [{ model: bytePairs, pre_tokenizer: split('[a-z&&[^b]]') }, /a class within a class/],
    [{ model: bytePairs, pre_tokenizer: split('(?i:[a-c])') }, /case does not count/],
    [{ model: bytePairs, pre_tokenizer: split('(?>a)') }, /\(\?>/],
    [{ model: bytePairs, pre_tokenizer: split('\\w') }, /\\w/],
    [{ model: bytePairs, pre_tokenizer: split('^a') }, /\^/],
    [{ model: { type: 'WordPiece' } }, /vocab/],
    [{ model: { type: 'WordLevel', vocab: { a: 0 } }, normalizer: { type: 'Nmt' } }, /normalizer Nmt.*supported are/],
    [{ model: { type: 'WordLevel', vocab: { a: 0 } }, pre_tokenizer: { type: 'ByteLevel' } }, /ByteLevel/],
    [{ model: { type: 'WordLevel', vocab: { a: 0 } }, normalizer: {} }, /"type" must be a string/],
    [{ model: { type: 'WordLevel', vocab: { a: 0 } }, added_tokens: [{ id: 'x', content: 'b' }] }, /'b' has index/],
    [{ model: { type: 'WordLevel', vocab: { a: 0 } }, added_tokens: [{ id: 1, content: '<m>', lstrip: 1 }] }, /"lstrip" must be true or false/],
    [{ model: { type: 'WordLevel', vocab: { a: 0 } }, post_processor: { type: 'Other' } }, /post_processor Other/],
    [{ model: { type: 'WordLevel', vocab: { a: 0 } }, padding: { direction: 'Up' } }, /direction Up/],
  ]; // prettier-ignore
  for (const [declaration, message] of bad)
    t.throws(() => read(declaration), { code: 'BAD_OPTION', message });
});

test("declarations are found beside the model or in its parent, and the caller's come first", async (t) => {
  const parent = temporaryFolder('words');
  const folder = join(parent, 'onnx');
  await mkdir(folder);
  const model = join(folder, 'model.onnx');
  await t.throwsAsync(findTokenizer(model), { code: 'BAD_OPTION', message: /text_config\.json/ });
  await writeFile(join(parent, 'vocab.json'), JSON.stringify({ parent: 0 }));
  t.is((await findTokenizer(model)).split('parent').words.length, 1);
  await writeFile(join(folder, 'vocab.json'), JSON.stringify({ beside: 0 }));
  t.is((await findTokenizer(model)).split('beside').words.length, 1);
  await writeFile(join(folder, 'merges.txt'), '#version: 0.2\n');
  await t.throwsAsync(findTokenizer(model), { code: 'BAD_MODEL', message: /merges\.txt.*tokenizer\.json/ });
  await writeFile(join(folder, 'text_config.json'), JSON.stringify({ word_index: { first: 4 }, maxlen: 9 }));
  t.is((await findTokenizer(model)).maxLength, 9);
  t.is((await findTokenizer(model, { vocabulary: { given: 0 } })).split('given').words.length, 1);
  t.is(
    (await findTokenizer(model, { tokenizer: join(parent, 'vocab.json') })).split('parent').words.length,
    1,
  );
  t.is((await findTokenizer(model, { unknownIndex: 3, paddingIndex: 2 })).unknown, 3);
  await t.throwsAsync(findTokenizer(model, { tokenizer: {}, vocabulary: {} }), { code: 'BAD_OPTION' });
  await t.throwsAsync(findTokenizer(model, { tokenizer: join(parent, 'none.json') }), {
    code: 'FILE_NOT_FOUND',
  });
  await t.throwsAsync(findTokenizer(model, { tokenizer: parent }), { code: 'FILE_UNREADABLE' });
  await writeFile(join(folder, 'text_config.json'), '{');
  await t.throwsAsync(findTokenizer(model), { code: 'BAD_MODEL', message: /text_config/ });
  await t.throwsAsync(findTokenizer(model, { tokenizer: { model: { vocab: { a: 0 } } }, lowerCase: true }), {
    code: 'BAD_OPTION',
    message: /lowerCase/,
  });
});
