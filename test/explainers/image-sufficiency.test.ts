// Whether the whole network still sees the class: against the network itself on inputs that are masked by hand.
import test from 'ava';
import { explainImage } from '../../dist/index.js';
import { blankImage } from '../../dist/explainers/blank.js';
import { sufficiencyOf } from '../../dist/explainers/sufficiency.js';
import { explainedOutput } from '../../dist/explainers/target.js';
import { maskPixels } from '../../dist/masks/window-mask.js';
import { readModelImage } from '../../dist/model/model-image.js';
import { pictureLegends } from '../../dist/reports/picture-legends.js';
import { inPlainWords } from '../../dist/reports/plain-words.js';
import { randomNumbers } from '../support/random-numbers.js';
import { firstLayers, smallModel, smallPicture } from './models.js';

const preprocess = { do_resize: false, do_rescale: true, rescale_factor: 1 / 255, do_normalize: false };

for (const first of firstLayers)
  for (const blank of ['zero', 'mean', 'blur'] as const)
    test(`${first}, blank ${blank}: what the network gives on the masked picture, and with cells added`, async (t) => {
      let [kept, changed] = [0, 0];
      for (let seed = 0; seed < 25; seed++) {
        const model = smallModel(first, 500 + seed);
        const image = smallPicture(600 + seed);
        const options = {
          preprocess,
          blank,
          evidence: 'image',
          topK: 2,
          gamma: 0.2,
          requireClass: true,
        } as const;
        const explanation = await explainImage(model, image, options);
        const { sufficiency, target, mask, problem } = explanation;
        const { prepared, baselines } = await readModelImage(model, image, { preprocess });
        const hidden = await blankImage(blank, model, prepared.tensor, baselines, { preprocess });
        // Zero is zero at the first layer: what becomes zero there where the network shifts its input itself.
        const zero = first === 'normalised inside' ? 0.4 : 0;
        const outputsWith = async (cells: ArrayLike<number>) => {
          const shown = maskPixels({ ...mask, cells: Uint8Array.from(cells) });
          const data = prepared.tensor.data.map((value, at) =>
            shown[at] ? value : hidden === null ? zero : hidden.data[at],
          );
          const [{ data: outputs }] = await model.predict([{ data, shape: prepared.tensor.shape }]);
          return outputs;
        };
        const read = (outputs: Float32Array) => outputs.indexOf(Math.max(...outputs));
        const after = await outputsWith(mask.cells);
        t.is(sufficiency.blank, blank);
        t.is(sufficiency.before, target.confidence);
        t.true(Math.abs(sufficiency.after - after[target.index]) < 1e-5, `seed ${seed}`);
        t.is(sufficiency.classKept, read(after) === target.index, `seed ${seed}`);
        if (sufficiency.classKept) kept++;
        else changed++;
        // Cells by score, the first mask that is read as the class.
        const order = [...mask.cells.keys()].filter((cell) => !mask.cells[cell]);
        order.sort((a, b) => problem.weights![b] - problem.weights![a] || a - b);
        const cells = mask.cells.slice();
        while (read(await outputsWith(cells)) !== target.index) cells[order.shift()!] = 1;
        t.deepEqual(sufficiency.extended!.cells, [...cells]);
        t.is(
          sufficiency.extended!.size,
          cells.reduce((sum, cell) => sum + cell, 0),
        );
        const [, , sentence] = inPlainWords(explanation);
        if (mask.size > 0)
          t.regex(
            sentence,
            sufficiency.classKept ? /still reads the same class/ : /another class .* With \d+ cells/,
          );
        if (mask.size > 0)
          t.true(
            pictureLegends(explanation).overlay.some((line) =>
              String(line).startsWith('From what is kept alone'),
            ),
          );
      }
      // Blurred or grey, so small a picture loses little.
      t.true(kept > 0 && (changed > 0 || blank !== 'zero'), `${kept} kept, ${changed} changed`);
    });

test('of many cells the class is found again where it comes back, and not one cell later', async (t) => {
  for (const cells of [40, 256, 257, 5000]) {
    for (let seed = 0; seed < 8; seed++) {
      const random = randomNumbers(seed);
      const scores = Float64Array.from({ length: cells }, random);
      const enough = Math.floor(random() * cells);
      let runs = 0;
      const { extended, classKept } = await sufficiencyOf({
        outputs: async (masks) => {
          runs += masks.length;
          return masks.map((mask) => {
            const size = mask.reduce((sum, cell) => sum + cell, 0);
            return size >= enough ? [0.2, 0.8] : [0.9, 0.1];
          });
        },
        before: 0.8,
        mask: new Uint8Array(cells),
        scores,
        explained: explainedOutput({ index: 1, label: null, confidence: 0.8 }),
        requireClass: true,
      });
      t.is(classKept, enough === 0);
      t.is(extended!.size, enough);
      t.true(runs < 650, `${runs} runs of the network`);
      const least = Math.min(...[...scores].filter((_, cell) => extended!.cells[cell]));
      t.true([...scores].every((score, cell) => extended!.cells[cell] || score <= least));
    }
  }
});

test('a stopped explanation still says what the network makes of what is kept', async (t) => {
  const stop = new AbortController();
  let runs = 0;
  const { classKept, extended } = await sufficiencyOf({
    outputs: async (masks, signal) => {
      signal?.throwIfAborted();
      runs++;
      stop.abort();
      return masks.map(() => [0.9, 0.1]);
    },
    before: 0.8,
    mask: new Uint8Array(9),
    scores: new Float64Array(9),
    explained: explainedOutput({ index: 1, label: null, confidence: 0.8 }),
    requireClass: true,
    signal: stop.signal,
  });
  t.is(classKept, false);
  t.is(extended, undefined);
  t.is(runs, 1);
});

test('a value by itself has no class to keep', async (t) => {
  const options = { preprocess, output: 'value', requireClass: true, target: 0 } as const;
  await t.throwsAsync(explainImage(smallModel('conv', 1), smallPicture(1), options), {
    code: 'BAD_OPTION',
    message: /relativeTo/,
  });
});
