// Transformers that read words, as both of PyTorch's exporters write them, against their definition.
import test from 'ava';
import type { Engine } from '../../dist/engines/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { createTfjsEngine } from '../../dist/engines/tfjs/engine.js';
import { parseOnnx } from '../../dist/loaders/onnx/load.js';
import { Model } from '../../dist/model/model.js';
import { holdTextModel } from '../../dist/model/text-inputs.js';
import { cpuEngine } from '../support/cpu-here.js';
import { cudaEngine, emulated } from '../support/cuda-here.js';
import { cpuAddon } from '../support/needs.js';
import {
  classifierFile,
  classifierLogits,
  embedded,
  PADDING,
  type ClassifierForm,
} from '../support/text-classifier.js';

/** Roundings of float32 in a dozen layers of a few dozen terms near 1. */
const TOLERANCE = 1e-5;

const portable = [referenceEngine, await createTfjsEngine({ threads: 1 })];
const engines: Engine[] = cpuAddon.missing ? portable : [...portable, cpuEngine()];

const words = [3, 7, 12, 5, 9];

function modelOf(form: ClassifierForm, engine: Engine = referenceEngine): Model {
  return new Model(
    parseOnnx(classifierFile(form), 'test.onnx', () => new Uint8Array()),
    engine,
  );
}

function place(positions: number, side: 'start' | 'end' = 'end') {
  return { positions, padding: positions - words.length, side, index: PADDING };
}

for (const exporter of ['legacy', 'dynamo'] as const)
  for (const countsWords of [false, true])
    for (const positions of [-1, 8])
      for (const sentences of [false, true]) {
        const form = { exporter, countsWords, positions, sentences };
        const named = `${exporter}, positions ${countsWords ? 'counted from words' : 'in order'}, ${positions < 0 ? 'open' : 'padded'}, ${sentences ? 3 : 2} inputs`;
        test(`what every engine gives is the definition's: ${named}`, async (t) => {
          const length = positions < 0 ? words.length : positions;
          const ids = [...words, ...new Array<number>(length - words.length).fill(PADDING)];
          const expected = classifierLogits(
            embedded(ids),
            ids.map((_, at) => at < words.length),
            form,
          );
          for (const engine of engines) {
            const model = modelOf(form, engine);
            const held = holdTextModel(model, place(length));
            const [logits] = await held.model.predict([{ data: Float32Array.from(ids), shape: [1, length] }]);
            t.deepEqual(logits.shape, [1, 3]);
            expected.forEach((want, at) =>
              t.true(
                Math.abs(logits.data[at] - want) < TOLERANCE,
                `${engine.name}: ${logits.data[at]}, ${want}`,
              ),
            );
            held.release();
            model.dispose();
          }
        });
      }

emulated('the emulated device gives it too, forward and back', async (t) => {
  const form = { exporter: 'dynamo', positions: 8, countsWords: true } as const;
  const ids = [...words, PADDING, PADDING, PADDING];
  const file = parseOnnx(classifierFile(form), 'test.onnx', () => new Uint8Array());
  const { model } = holdTextModel(new Model(file, cudaEngine(), { precision: 'f32' }), place(8));
  const input = { data: Float32Array.from(ids), shape: [1, 8] };
  const [{ data }] = await model.predict([input]);
  const real = ids.map((_, at) => at < words.length);
  classifierLogits(embedded(ids), real, form).forEach((want, at) =>
    t.true(Math.abs(data[at] - want) < TOLERANCE, `${data[at]}, ${want}`),
  );
  const split = model.split('logit');
  const [, a] = await (await referenceEngine.compile(split.front)).forward([input]);
  const request = { inputs: [a], targets: [1] };
  const [ours, reference] = [
    await (await model.compile(split.tail)).gradient(request),
    await (await referenceEngine.compile(split.tail)).gradient(request),
  ];
  ours.gradients.data.forEach((slope, at) => {
    const wanted = reference.gradients.data[at];
    if (Math.abs(slope - wanted) > TOLERANCE) t.fail(`${at}: ${slope}, ${wanted}`);
  });
});

test('padding at the start: counted positions begin behind it, and −∞ stands for what is masked', async (t) => {
  const form = { exporter: 'dynamo', countsWords: true, positions: 8, lowest: -Infinity } as const;
  const ids = [PADDING, PADDING, PADDING, ...words];
  const { model } = holdTextModel(modelOf(form), place(8, 'start'));
  const [{ data }] = await model.predict([{ data: Float32Array.from(ids), shape: [1, 8] }]);
  const real = ids.map((_, at) => at >= 3);
  // What the definition makes of the first position, which is padding here, it makes of the real ones that it attends.
  classifierLogits(embedded(ids), real, form).forEach((want, at) =>
    t.true(Math.abs(data[at] - want) < TOLERANCE, `${data[at]}, ${want}`),
  );
});

test('the first layer is the embedding, either side of zero; its gradient is that of the definition', async (t) => {
  const form = { exporter: 'legacy', positions: -1 } as const;
  const { model } = holdTextModel(modelOf(form), place(words.length));
  const split = model.split('logit');
  t.is(split.layer.kind, 'conv');
  t.deepEqual(split.layer.inputShape, [8, words.length]);
  t.deepEqual(split.layer.outputShape, [16, words.length]);
  t.is(split.activation?.op, 'relu');

  const ids = { data: Float32Array.from(words), shape: [1, words.length] };
  const [x, a] = await (await referenceEngine.compile(split.front)).forward([ids]);
  const vectors = embedded(words);
  vectors.forEach((vector, position) =>
    vector.forEach((entry, dimension) => {
      t.is(x.data[dimension * words.length + position], entry);
      t.is(a.data[2 * dimension * words.length + position], Math.max(entry, 0));
      t.is(a.data[(2 * dimension + 1) * words.length + position], Math.max(-entry, 0));
    }),
  );

  const step = 1e-4;
  const real = words.map(() => true);
  for (const engine of engines) {
    const tail = await engine.compile(split.tail);
    for (const target of [0, 2]) {
      const { values, gradients } = await tail.gradient({ inputs: [a], targets: [target] });
      t.true(Math.abs(values[0] - classifierLogits(vectors, real, form)[target]) < TOLERANCE);
      for (const [position, dimension] of [
        [0, 0],
        [1, 5],
        [4, 7],
      ]) {
        const at = (change: number) =>
          classifierLogits(
            vectors.map((vector, p) =>
              vector.map((entry, d) => entry + (p === position && d === dimension ? change : 0)),
            ),
            real,
            form,
          )[target];
        const slope = (at(step) - at(-step)) / (2 * step);
        const found = (side: number) => gradients.data[(2 * dimension + side) * words.length + position];
        t.true(Math.abs(found(0) - slope) < TOLERANCE, `${engine.name}: ${found(0)}, ${slope}`);
        t.true(Math.abs(found(1) + slope) < TOLERANCE, `${engine.name}: ${found(1)}, ${-slope}`);
      }
    }
    tail.dispose();
  }
});

test('inputs that nobody knows, and questions that nobody answers, are refused by name', (t) => {
  const file = parseOnnx(
    classifierFile({ exporter: 'dynamo', positions: -1 }),
    'test.onnx',
    () => new Uint8Array(),
  );
  const renamed = new Model(
    { ...file, inputs: file.inputs.map((input, at) => (at === 1 ? { ...input, name: 'gate' } : input)) },
    referenceEngine,
  );
  t.throws(() => holdTextModel(renamed, place(5)), {
    code: 'UNSUPPORTED_MODEL',
    message: /input_ids, gate;.*attention_mask/,
  });
  const square = new Model(
    {
      ...file,
      inputs: file.inputs.map((input, at) => (at === 1 ? { ...input, shape: [1, 1, -1, -1] } : input)),
    },
    referenceEngine,
  );
  t.throws(() => holdTextModel(square, place(5)), {
    code: 'UNSUPPORTED_MODEL',
    message: /'attention_mask' has shape \[1, 1, \?, \?\].*\[batch, words\]/,
  });
  // It asks for another word than the one that fills this text.
  const counting = modelOf({ exporter: 'dynamo', positions: -1, countsWords: true });
  const { model } = holdTextModel(counting, { ...place(5), index: 0 });
  t.throws(() => model.graphFor(), {
    code: 'UNSUPPORTED_OPERATOR',
    message: /with 1; only the question for padding, index 0/,
  });
});

test('models of other texts are kept, the unused ones up to two, and freed with the model', (t) => {
  const model = modelOf({ exporter: 'legacy', positions: -1 });
  const inUse = holdTextModel(model, { positions: 5, padding: 0, side: 'end', index: PADDING });
  const again = holdTextModel(model, { positions: 5, padding: 0, side: 'end', index: PADDING });
  t.is(again.model, inUse.model);
  again.release();
  again.release();
  for (let positions = 6; positions < 12; positions++)
    holdTextModel(model, { positions, padding: 0, side: 'end', index: PADDING }).release();
  t.notThrows(() => inUse.model.graphFor());
  t.is(holdTextModel(model, { positions: 5, padding: 0, side: 'end', index: PADDING }).model, inUse.model);
  model.dispose();
  t.throws(() => inUse.model.graphFor(), { message: /disposed/ });
});
