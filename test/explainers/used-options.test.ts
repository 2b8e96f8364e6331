// Options that ask for what a method cannot give are refused by name; what it is declared to use is what it reads.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { namesFor } from '../../dist/api/option.js';
import { options, settingsFor } from '../../dist/api/options.js';
import { imageMethodNames, optionsOfImageMethods, optionsOfTextMethods } from '../../dist/api/methods.js';
import { unusedBy, usedBy } from '../../dist/api/used-options.js';
import { imageTask, rateTask } from '../../dist/explainers/image/rate-image.js';
import { loadModel, rateImage, rateWords, compareMethods } from '../../dist/index.js';
import { readModelImage } from '../../dist/model/model-image.js';
import { digit, smug } from '../cli/smug.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { convolutionModel, picture, unscaled as preprocess } from './models.js';

/** What a network's run, a picture and a class are told, whatever the method. */
const ofAll = ['signal', 'onProgress', 'threads', 'target'];

test('every option is either used by all methods or stands at one that uses it, and all that stand there exist', (t) => {
  const left = (table: object, calls: Parameters<typeof namesFor>[1]) => {
    // Some stand there with one value alone, as output=value.
    const declared = new Set((Object.values(table).flat() as string[]).map((name) => name.split('=')[0]));
    t.deepEqual(
      [...declared].filter((name) => !Object.hasOwn(options, name)),
      [],
    );
    return namesFor(options, calls).filter((name) => !declared.has(name));
  };
  t.deepEqual(left(optionsOfImageMethods, ['explain', 'image', 'hide', 'encode']), [
    ...['threads', 'preprocess', 'classNames', 'target', 'against', 'relativeTo', 'signal', 'onProgress'],
  ]);
  t.deepEqual(left(optionsOfTextMethods, ['explain', 'text', 'rate']), [
    ...['threads', 'classNames', 'tokenizer', 'vocabulary', 'unknownIndex', 'paddingIndex', 'lowerCase'],
    ...['target', 'against', 'relativeTo', 'signal', 'onProgress'],
  ]);
});

test('a method of images reads the options that it is declared to use, and no others', async (t) => {
  const model = await loadModel('builtin:mnist-fc');
  const convolutional = await loadModel('builtin:mnist-cnn');
  // SMUG and its base hand all of theirs on.
  for (const method of imageMethodNames.filter((name) => !['smug', 'smug-base'].includes(name))) {
    const network = method === 'grad-cam' ? convolutional : model;
    const settings = settingsFor(['explain', 'image', 'hide', 'encode'], {});
    const image = await readModelImage(network, digit(2), settings);
    const task = await imageTask(network, image, settings);
    const read = new Set<string>();
    const watched = new Proxy(settings, {
      get: (values, name, self) => (read.add(String(name)), Reflect.get(values, name, self)),
    });
    const truth = new Uint8Array(28 * 28).fill(1);
    await rateTask({ ...task, settings: watched, truth }, method);
    const used = [...read].filter((name) => !ofAll.includes(name)).sort();
    t.deepEqual(used, [...optionsOfImageMethods[method]].sort(), method);
  }
  model.dispose();
  convolutional.dispose();
});

test('the library refuses what the method cannot give, and names who can', async (t) => {
  const model = convolutionModel();
  const refused = { code: 'BAD_OPTION', instanceOf: RangeError };
  await t.throwsAsync(rateImage(model, picture, 'gradients', { preprocess, solutions: 2 }), {
    ...refused,
    message: 'solutions must be left out with the method gradients: it is used by smug; got 2',
  });
  await t.throwsAsync(rateImage(model, picture, 'smug', { preprocess, delta: 1 }), {
    ...refused,
    message: /^delta must be left out with the method smug: it is used by full-encoding/,
  });
  await t.throwsAsync(rateImage(model, picture, 'opt-box', { preprocess, core: true }), {
    ...refused,
    message: /^core .* opt-box: it is used by smug;/,
  });
  await t.notThrowsAsync(rateImage(model, picture, 'gradients', { preprocess, core: undefined, target: 1 }));
  // How SMUG works is one list for all methods, as whoever runs them in a loop writes it.
  await t.notThrowsAsync(
    rateImage(model, picture, 'gradients', { preprocess, topK: 5, gamma: 0.5, seed: 1 }),
  );
  // Of several methods one is enough.
  await t.notThrowsAsync(
    compareMethods(model, picture, { preprocess, methods: ['gradients', 'smug'], requireClass: true }),
  );
  await t.throwsAsync(
    compareMethods(model, picture, { preprocess, methods: ['gradients', 'opt-box'], requireClass: true }),
    {
      ...refused,
      message: /^requireClass must be left out with the method gradients, opt-box: it is used by smug;/,
    },
  );
  const reviews = await loadModel('builtin:reviews-cnn');
  await t.throwsAsync(rateWords(reviews, 'a warm film', 'gradients', { threshold: 0.5 }), {
    ...refused,
    message: /^threshold .* gradients: it is used by sis;/,
  });
  await t.throwsAsync(rateWords(reviews, 'a warm film', 'sis', { core: true }), {
    ...refused,
    message: /^core .* sis: it is used by smug;/,
  });
  reviews.dispose();
});

test('the command line refuses it as bad usage, by the name of its flag', async (t) => {
  const picture = ['explain', digit(3), '--model', 'builtin:mnist-fc'];
  for (const [method, flag, value, users] of [
    ['center-box', '--disjoint', '2', 'smug'],
    ['grad-cam', '--solutions', '3', 'smug'],
    ['integrated-gradients', '--delta', '1', 'full-encoding'],
    ['smug', '--delta', '1', 'full-encoding'],
  ]) {
    const { code, stderr } = await smug([...picture, '--method', method, flag, value]);
    t.is(code, 2, stderr);
    t.true(
      stderr.includes(
        `BAD_OPTION: ${flag} must be left out with the method ${method}: it is used by ${users}; `,
      ),
      stderr,
    );
  }
  const loop = [...picture, '--method', 'gradients', '--top-k', '20', '--seed', '1'];
  const loose = await smug(loop);
  t.is(loose.code, 0);
  t.true(
    loose.stderr.includes('--top-k has no part in gradients; it is used by smug, smug-base\n'),
    loose.stderr,
  );
  t.is((await smug([...loop, '--json'])).stderr, '');
  const own = await smug([...picture, '--method', 'integrated-gradients', '--steps', '20']);
  t.deepEqual([own.code, own.stderr.includes('has no part')], [0, false]);
  const text = ['explain', '-', '--model', 'builtin:reviews-cnn'];
  const told = await smug([...text, '--threshold', '0.5'], { stdin: 'a warm film' });
  t.is(told.code, 2);
  t.regex(told.stderr, /--threshold must be left out with the method smug: it is used by sis/);
  t.is((await smug([...text, '--lines', '--method', 'sis', '--core'], { stdin: 'a warm film' })).code, 2);
  t.is((await smug([...text, '--method', 'sis', '--threshold', '0.5'], { stdin: 'a warm film' })).code, 0);
});

test('of texts the logit has no part in methods that read the probability; a value has one in all', (t) => {
  const unused = (method: string, output: string) =>
    unusedBy(optionsOfTextMethods, [method], { output }).map(({ users }) => users);
  for (const method of ['sis', 'integrated-gradients', 'gradients']) {
    t.deepEqual(unused(method, 'logit'), [['smug', 'smug-base']], method);
    t.deepEqual(unused(method, 'value'), [], method);
    t.deepEqual(usedBy(optionsOfTextMethods, method, { output: 'logit', target: 1 }), { target: 1 }, method);
  }
  t.deepEqual(unused('smug-base', 'logit'), []);
});

test('options of the other kind of input: what asks is refused, a setting is told, of a mixture nothing is', async (t) => {
  const home = temporaryFolder('kinds');
  const text = join(home, 'a.txt');
  writeFileSync(text, 'a warm film');
  const explain = (input: string[], ...more: string[]) =>
    smug([
      ...['explain', ...input, '--model', input.includes(text) ? 'builtin:reviews-cnn' : 'builtin:mnist-fc'],
      ...more,
    ]);
  const image = digit(3);
  const told = await explain([image], '--blank-word', 'unknown', '--padding-index', '3');
  t.is(told.code, 0, told.stderr);
  t.regex(told.stderr, /^smug explain: --blank-word has no part in images; it is of texts$/m);
  t.regex(told.stderr, /^smug explain: --padding-index has no part in images; it is of texts$/m);
  t.is((await explain([image], '--blank-word', 'unknown', '--json')).stderr, '');
  const of = await explain([text], '--blank', 'mean', '--evidence', 'image', '--output', 'logit');
  t.is(of.code, 0, of.stderr);
  t.regex(of.stderr, /^smug explain: --blank has no part in texts; it is of images$/m);
  t.regex(of.stderr, /^smug explain: --evidence has no part in texts; it is of images$/m);
  t.false(of.stderr.includes('--output'));
  const logit = await explain([text], '--method', 'gradients', '--output', 'logit');
  t.is(logit.stderr, 'smug explain: --output has no part in gradients; it is used by smug, smug-base\n');
  for (const [input, flag, value, other] of [
    [image, '--threshold', '0.5', 'texts'],
    [text, '--reference', 'table.json', 'images'],
    [text, '--delta', '1', 'images'],
  ]) {
    const { code, stderr } = await explain([input], flag, value);
    t.is(code, 2, stderr);
    t.regex(stderr, new RegExp(`BAD_OPTION: ${flag} must be left out with .*: it is of ${other}; got `));
  }
  const regions = await explain([image], '--method', 'gradients', '--regions', '--out', home);
  t.is(regions.code, 2);
  t.regex(regions.stderr, /--regions must be left out with the method gradients: it is used by smug;/);
  t.is((await explain([text], '--contact-sheet', join(home, 's.png'))).code, 2);
  // The model reads one of them; what the other is told is no fault of it.
  const both = await explain([image, text], '--blank-word', 'unknown', '--blank', 'mean');
  t.false(both.stderr.includes('has no part'), both.stderr);
});

test('a method of texts that needs no nodes attributes none', async (t) => {
  const model = await loadModel('builtin:reviews-cnn');
  // No attribution of nodes reaches this.
  const beyond = { strict: true, tolerance: 1e-12, stability: 1, maxSteps: 7 };
  const text = 'two wonderful actors make it a warm and moving film';
  const seen: string[] = [];
  const onProgress = ({ phase }: { phase: string }) => void seen.push(phase);
  const rated = await rateWords(model, text, 'gradients', { ...beyond, onProgress });
  t.deepEqual(seen, ['reading']);
  t.true(rated.words.some(({ score }) => score > 0));
  await t.notThrowsAsync(rateWords(model, text, 'sis', beyond));
  await t.throwsAsync(rateWords(model, text, 'smug-base', beyond), { code: 'NOT_CONVERGED' });
  model.dispose();
});

test('an evaluation takes what one of its methods, or a metric, uses', async (t) => {
  const home = temporaryFolder('used');
  writeFileSync(join(home, 'labels.tsv'), 'file\tclass_index\n3.png\t3\n');
  const evaluate = (out: string, ...more: string[]) =>
    smug([
      ...['evaluate', dirname(digit(3)), '--labels', join(home, 'labels.tsv'), '--model', 'builtin:mnist-fc'],
      ...['--out', join(home, out), ...more],
    ]);
  const plain = ['--methods', 'gradients,center-box'];
  const refused = await evaluate('a', ...plain, '--require-class');
  t.is(refused.code, 2);
  t.regex(refused.stderr, /--require-class must be left out with the method gradients, center-box/);
  const told = await evaluate('b', ...plain, '--gamma', '0.5');
  t.is(told.code, 0);
  t.is(
    told.stderr,
    'smug evaluate: --gamma has no part in gradients, center-box; it is used by smug, smug-base\n',
  );
  // Metrics hide pixels, too.
  const measured = await evaluate('h', ...plain, '--blank', 'mean', '--metrics', 'deletion');
  t.deepEqual([measured.code, measured.stderr], [0, '']);
  t.is((await evaluate('c', '--methods', 'gradients,smug', '--require-class')).code, 0);
  writeFileSync(join(home, 'a.txt'), 'a warm film');
  const texts = (out: string, ...more: string[]) =>
    smug(['evaluate', home, '--model', 'builtin:reviews-cnn', '--out', join(home, out), ...more]);
  t.is(
    (await texts('e', '--methods', 'sis,gradients', '--threshold', '0.5', '--blank-word', 'unknown')).code,
    0,
  );
  const blanked = await texts('f', '--methods', 'gradients', '--blank-word', 'unknown');
  t.deepEqual([blanked.code, blanked.stderr], [0, '']);
  t.is((await texts('g', '--methods', 'smug,gradients', '--threshold', '0.5')).code, 2);
});
