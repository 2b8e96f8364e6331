import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { classLabel, findClass } from '../../dist/input/class-names.js';
import { findDeclarations, requirePreprocessor } from '../../dist/input/declarations.js';
import { preprocessImage } from '../../dist/input/preprocess.js';
import { readPreprocessor } from '../../dist/input/preprocessor.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const plain = { do_resize: false, do_rescale: false, do_normalize: false };

/** A model folder as Hugging Face's tools leave it: the ONNX file in `onnx/`, declarations above. */
function modelFolder(files: Record<string, unknown>): string {
  const home = temporaryFolder('model');
  mkdirSync(join(home, 'onnx'));
  writeFileSync(join(home, 'onnx', 'model.onnx'), '');
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(home, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return home;
}

test('the sample that a model without declarations is shown can be used as it stands', async (t) => {
  for (const shape of [
    [1, 1, 28, 28],
    [1, 3, 32, 48],
    [1, 784],
  ]) {
    const error = t.throws(() =>
      requirePreprocessor({ preprocessor: null }, 'model.onnx', { shape, layout: 'channels-first' }),
    );
    const sample = JSON.parse(error.message.slice(error.message.indexOf('{\n'))) as {
      size: { height: number; width: number };
    };
    if (shape.length === 2) sample.size = { height: 28, width: 28 };
    const { height, width } = sample.size;
    const grey = { width, height, channels: 1 as const, data: new Uint8Array(width * height) };
    const { tensor } = await preprocessImage(grey, readPreprocessor(sample), {
      shape,
      layout: 'channels-first',
    });
    t.deepEqual(tensor.shape, shape);
  }
});

test("declarations lie in the model's folder, else in its parent; options go first", async (t) => {
  const home = modelFolder({
    'preprocessor_config.json': { ...plain, do_rescale: true, rescale_factor: 0.5 },
    'config.json': { architectures: ['Any'], id2label: { 0: 'cat', 2: 'dog' } },
    'other.json': { ...plain, do_rescale: true, rescale_factor: 0.25 },
    'names.txt': 'one\r\ntwo\n\n',
  });
  const model = join(home, 'onnx', 'model.onnx');
  const above = await findDeclarations(model);
  t.is(above.preprocessor!.scale, 0.5);
  t.deepEqual(
    [0, 1, 2].map((index) => classLabel(above.classNames, index)),
    ['cat', 'class 1', 'dog'],
  );

  writeFileSync(join(home, 'onnx', 'preprocessor_config.json'), JSON.stringify(plain));
  t.is((await findDeclarations(model)).preprocessor!.scale, 1);
  t.is((await findDeclarations(join(home, 'onnx'))).preprocessor!.scale, 1);

  const given = { preprocess: join(home, 'other.json'), classNames: join(home, 'names.txt') };
  const chosen = await findDeclarations(model, given);
  t.is(chosen.preprocessor!.scale, 0.25);
  t.deepEqual(chosen.classNames, ['one', 'two']);
  const objects = await findDeclarations(model, { preprocess: plain, classNames: ['a', 'b'] });
  t.deepEqual([objects.preprocessor!.scale, objects.classNames], [1, ['a', 'b']]);
});

test('a model without a declaration is told what to declare', async (t) => {
  const found = await findDeclarations(join(modelFolder({}), 'onnx', 'model.onnx'));
  t.deepEqual([found.preprocessor, found.classNames], [null, null]);
  const error = t.throws(() => requirePreprocessor(found, 'm.onnx'), { code: 'NO_PREPROCESSING' });
  t.regex(error!.message, /m\.onnx[\s\S]*preprocessor_config\.json[\s\S]*--preprocess[\s\S]*image_mean/);
});

test("the sample has the model's size; a model that takes words is sent to explainText", (t) => {
  const told = (shape: number[], layout: 'channels-first' | 'channels-last') =>
    t.throws(() => requirePreprocessor({ preprocessor: null }, 'm', { shape, layout }))!.message;
  t.regex(told([1, 3, 96, 128], 'channels-first'), /"height": 96, "width": 128/);
  t.regex(told([-1, 299, 300, 3], 'channels-last'), /"height": 299, "width": 300/);
  t.regex(told([-1, -1, -1, 3], 'channels-last'), /"height": 224, "width": 224/);
  t.regex(told([1, 500], 'channels-first'), /indices of words.*explainText/);
  t.notRegex(told([1, 3, 96, 128], 'channels-first'), /words/);
});

test("wrong declarations name their file: the model's are BAD_MODEL, the caller's BAD_OPTION", async (t) => {
  const home = modelFolder({
    'preprocessor_config.json': '{',
    'config.json': { id2label: { 0: 5 } },
    'x.json': '{}',
  });
  const model = join(home, 'onnx', 'model.onnx');
  const broken = await t.throwsAsync(findDeclarations(model), { code: 'BAD_MODEL' });
  t.regex(broken!.message, /preprocessor_config\.json.*JSON/);
  const names = await t.throwsAsync(findDeclarations(model, { preprocess: plain }), { code: 'BAD_MODEL' });
  t.regex(names!.message, /config\.json.*class 0/);
  await t.throwsAsync(findDeclarations(model, { preprocess: join(home, 'gone.json') }), {
    code: 'FILE_NOT_FOUND',
  });
  const empty = { preprocess: plain, classNames: join(home, 'x.json') };
  await t.throwsAsync(findDeclarations(model, empty), { code: 'BAD_OPTION' });
});

test('a class by index, name or synonym; ambiguous and unknown ones are explained', (t) => {
  const names = ['tabby, tabby cat', 'crane', 'crane', 'Egyptian cat', '7'];
  t.is(findClass(3, names, 5), 3);
  t.is(findClass('3', names, 5), 3);
  t.is(findClass('TABBY CAT', names, 5), 0);
  t.is(findClass('Egyptian cat', names, 5), 3);
  t.is(findClass('7', names, 5), 4);
  t.is(findClass('2', null, 3), 2);
  t.throws(() => findClass('crane', names, 5), {
    code: 'UNKNOWN_CLASS',
    message: /1 \(crane\), 2 \(crane\)/,
  });
  t.throws(() => findClass('egypt', names, 5), { code: 'UNKNOWN_CLASS', message: /Near: 3/ });
  for (const wrong of [5, -1, 1.5, NaN, 'dog'])
    t.throws(() => findClass(wrong, names, 5), { code: 'UNKNOWN_CLASS' });
});
