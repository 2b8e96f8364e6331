import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { explainImage, loadModel, type ImageExplanation, type RawImage } from '../../dist/index.js';
import { selectTopNodes } from '../../dist/attribution/select.js';
import type { ExplainOptions, ExplainProgress } from '../../dist/explainers/options.js';
import { readModelImage } from '../../dist/model/model-image.js';
import type { Model } from '../../dist/model/model.js';
import { maskPixels } from '../../dist/masks/window-mask.js';
import { randomNumbers } from '../support/random-numbers.js';
import { convolutionModel, flatModel } from './models.js';

const digit = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'examples', 'digits', '3.png');
const toUnit = { do_resize: false, do_rescale: true, rescale_factor: 1 / 255, do_normalize: false };

function picture(width: number, height: number, channels: 1 | 3, seed = 5): RawImage {
  const next = randomNumbers(seed);
  return {
    width,
    height,
    channels,
    data: Uint8Array.from({ length: width * height * channels }, () => next() * 256),
  };
}

/**
 * The claim of a mask, checked on the network itself: with the other pixels at zero, every chosen node that was
 * active keeps more than γ of its pre-activation. Models with ReLU only, whose activations then are the pre-activations.
 */
async function keepsEvidence(
  model: Model,
  image: string | RawImage,
  options: ExplainOptions,
  explanation: ImageExplanation,
): Promise<{ held: boolean; constrained: number }> {
  const { prepared } = await readModelImage(model, image, options);
  const split = model.split('probability', new Map([[model.file.inputs[0].name, prepared.tensor.shape]]));
  const front = await model.compile(split.front);
  const activations = async (data: Float32Array) =>
    (await front.forward([{ ...prepared.tensor, data }])).at(-1)!.data;
  const pixels = maskPixels(explanation.mask);
  const whole = await activations(prepared.tensor.data);
  const masked = await activations(
    prepared.tensor.data.map((value, at) => value * pixels[at % pixels.length]),
  );
  const { gamma, topK } = explanation.parameters;
  // Scores come in the file's layout, which is the layer's own for channels first.
  const chosen = [...selectTopNodes(explanation.scores.data, topK)].filter((node) => whole[node] > 0);
  return {
    constrained: chosen.length,
    held: chosen.every((node) => masked[node] > gamma * whole[node] * (1 - 1e-5)),
  };
}

for (const [name, model, image] of [
  ['a convolution', convolutionModel(), picture(9, 7, 3)],
  ['a dense layer on a flat input', flatModel(), picture(5, 6, 1)],
] as const) {
  test(`${name}: the mask keeps the evidence of every chosen node, and fewer cells do not`, async (t) => {
    for (const gamma of [0, 0.3, 0.7, 0.95]) {
      const options: ExplainOptions = { gamma, topK: 8, preprocess: toUnit };
      const explanation = await explainImage(model, image, options);
      t.is(explanation.certificate.status, 'optimal');
      t.is(explanation.certificate.lowerBound, explanation.mask.size);
      t.deepEqual([explanation.mask.height, explanation.mask.width], [image.height, image.width]);
      const { held, constrained } = await keepsEvidence(model, image, options, explanation);
      t.true(held);
      t.is(constrained, explanation.nodes.constrained);
      t.is(
        explanation.nodes.selected,
        Math.min(8, explanation.scores.data.filter((score) => score > 0).length),
      );
      t.is(
        explanation.mask.size,
        explanation.mask.cells.reduce((sum, cell) => sum + cell, 0),
      );
    }
  });
}

test('saliency is zero outside the mask and that of the whole receptive fields inside', async (t) => {
  const model = convolutionModel();
  for (const score of ['sum', 'max'] as const) {
    const explanation = await explainImage(model, picture(9, 7, 3), {
      gamma: 0.4,
      window: 2,
      score,
      preprocess: toUnit,
    });
    const pixels = maskPixels(explanation.mask);
    explanation.saliency.forEach((value, at) => t.is(value, pixels[at] ? explanation.baseSaliency[at] : 0));
    t.is(explanation.mask.cells.length, 5 * 4);
    t.is(explanation.mask.sparsity, pixels.reduce((sum, one) => sum + one, 0) / 63);
  }
});

test('the same input gives the same bytes, with the native solver and with WASM', async (t) => {
  const model = convolutionModel(7);
  const options: ExplainOptions = { gamma: 0.5, preprocess: toUnit };
  const first = await explainImage(model, picture(9, 7, 3), options);
  const again = await explainImage(model, picture(9, 7, 3), options);
  t.deepEqual(first.mask, again.mask);
  t.deepEqual(first.scores, again.scores);
  const wasm = await explainImage(model, picture(9, 7, 3), { ...options, solver: 'wasm' });
  t.is(wasm.solver, 'z3-wasm');
  t.is(wasm.mask.size, first.mask.size);
  t.is(wasm.certificate.status, 'optimal');
});

test('the core: cells that all smallest masks keep are kept, cells that none keeps are not', async (t) => {
  const model = convolutionModel(7);
  const options: ExplainOptions = { gamma: 0.5, preprocess: toUnit, core: true, solutions: 20 };
  const explanation = await explainImage(model, picture(9, 7, 3), options);
  const { cells, core } = explanation.mask;
  t.is(core!.every + core!.some + core!.none, cells.length);
  const smallest = explanation.solution.solutions!.filter(({ size }) => size === explanation.mask.size);
  for (const { mask } of smallest) {
    core!.roles.forEach((role, cell) => {
      if (core!.proven[cell] && role !== 1) t.is(mask[cell], role / 2);
    });
  }
  const document = JSON.parse(JSON.stringify(explanation)) as { mask: { core: { roles: number[] } } };
  t.deepEqual(document.mask.core.roles, [...core!.roles]);
});

test('a target by index or label, probability or logit', async (t) => {
  const model = convolutionModel(9);
  const classNames = ['ant', 'bee', 'cat', 'dog'];
  const byLabel = await explainImage(model, picture(9, 7, 3), {
    target: 'Cat',
    classNames,
    preprocess: toUnit,
  });
  t.deepEqual([byLabel.target.index, byLabel.target.label], [2, 'cat']);
  const byIndex = await explainImage(model, picture(9, 7, 3), {
    target: 2,
    preprocess: toUnit,
    output: 'logit',
  });
  t.is(byIndex.target.index, 2);
  t.is(byIndex.target.label, null);
  t.is(byIndex.parameters.output, 'logit');
  // The confidence is the probability, whatever is attributed.
  t.true(Math.abs(byIndex.target.confidence - byLabel.target.confidence) < 1e-6);
  for (const target of ['horse', 4, '4'])
    await t.throwsAsync(explainImage(model, picture(9, 7, 3), { target, classNames, preprocess: toUnit }), {
      code: 'UNKNOWN_CLASS',
    });
});

test('every scoring method runs and is named in the result', async (t) => {
  const model = convolutionModel(11);
  for (const attribution of [
    'integrated-gradients',
    'gradients',
    'activations',
    'blurred-gradients',
    'integrated-gradients-black-white',
  ] as const) {
    const explanation = await explainImage(model, picture(9, 7, 3), {
      attribution,
      topK: 10,
      preprocess: toUnit,
    });
    t.is(explanation.attribution.method, attribution);
    t.is(explanation.certificate.status, 'optimal');
    t.true(explanation.nodes.selected > 0);
  }
});

test('the JSON document has the fields of the command line, and plain values only', async (t) => {
  const explanation = await explainImage(convolutionModel(), picture(9, 7, 3), {
    solutions: 2,
    preprocess: toUnit,
  });
  const document = JSON.parse(JSON.stringify(explanation)) as Record<string, never>;
  const fields = (value: object, ...expected: string[]) =>
    t.deepEqual(
      expected.filter((name) => !(name in value)),
      [],
    );
  fields(document, 'input', 'model', 'target', 'parameters', 'nodes', 'mask', 'certificate', 'attribution');
  fields(document, 'engine', 'solver', 'timing', 'files');
  fields(document.target, 'index', 'label', 'confidence');
  fields(document.parameters, 'topK', 'gamma', 'window', 'score');
  fields(document.nodes, 'selected', 'constrained');
  fields(document.mask, 'height', 'width', 'window', 'size', 'sparsity', 'cells');
  fields(document.certificate, 'status', 'lowerBound', 'gap');
  fields(document.attribution, 'method', 'steps', 'completenessError');
  fields(document.timing, 'loadMs', 'attributionMs', 'encodingMs', 'solveMs', 'totalMs');
  t.deepEqual((document.mask as { cells: number[] }).cells, [...explanation.mask.cells]);
  const { timing } = explanation;
  const parts = timing.loadMs + timing.attributionMs + timing.encodingMs + timing.solveMs;
  t.true(parts <= timing.totalMs + 1e-6);
});

test('progress names the phases in order', async (t) => {
  const phases: string[] = [];
  const onProgress = ({ phase }: ExplainProgress) => phases.at(-1) === phase || phases.push(phase);
  await explainImage(convolutionModel(), picture(9, 7, 3), { gamma: 0.5, onProgress, preprocess: toUnit });
  t.deepEqual(phases.slice(0, 3), ['reading', 'attribution', 'encoding']);
});

test('cancellation before the solver runs ends with ABORTED', async (t) => {
  const model = convolutionModel();
  await t.throwsAsync(
    explainImage(model, picture(9, 7, 3), { signal: AbortSignal.abort(), preprocess: toUnit }),
    { code: 'ABORTED' },
  );
  for (const phase of ['reading', 'attribution', 'encoding']) {
    const controller = new AbortController();
    const running = explainImage(model, picture(9, 7, 3), {
      signal: controller.signal,
      onProgress: (progress) => progress.phase === phase && controller.abort(),
      preprocess: toUnit,
    });
    await t.throwsAsync(running, { code: 'ABORTED' }, phase);
  }
});

test('the built-in models explain a digit with a proof', async (t) => {
  for (const [source, gamma] of [
    ['builtin:mnist-cnn', 0.5],
    ['builtin:mnist-fc', 0],
  ] as const) {
    const model = await loadModel(source);
    try {
      const explanation = await explainImage(model, digit, { gamma });
      t.is(explanation.target.label, '3');
      t.is(explanation.certificate.status, 'optimal');
      t.deepEqual([explanation.mask.height, explanation.mask.width, explanation.mask.window], [28, 28, 1]);
      t.true(explanation.mask.size > 0);
      t.true(explanation.attribution.completenessError! <= 0.01);
      const { held, constrained } = await keepsEvidence(model, digit, {}, explanation);
      t.true(held);
      t.is(constrained, explanation.nodes.constrained);
    } finally {
      model.dispose();
    }
  }
});

test('an image model without preprocessing is told what to declare', async (t) => {
  await t.throwsAsync(explainImage(convolutionModel(), picture(9, 7, 3)), {
    code: 'NO_PREPROCESSING',
    message: /preprocessor_config\.json/,
  });
});
