// What is attributed, and what is said of an attribution that did not converge.
import test from 'ava';
import { attribute, explainImage, type RawImage } from '../../dist/index.js';
import { GraphBuilder } from '../../dist/graph/builder.js';
import type { Model } from '../../dist/model/model.js';
import { randomNumbers } from '../support/random-numbers.js';
import { convolutionModel, modelOf } from './models.js';

const preprocess = { do_resize: false, do_rescale: true, rescale_factor: 1 / 255, do_normalize: false };
const picture: RawImage = {
  width: 9,
  height: 7,
  channels: 3,
  data: Uint8Array.from({ length: 189 }, (_, at) => (at * 37) % 256),
};

/** Nine numbers → dense → ReLU → two classes whose logits differ by `scale` times a smooth sum. */
function steepModel(scale: number, offset: number): Model {
  const next = randomNumbers(5);
  const graph = new GraphBuilder();
  const weights = (name: string, shape: number[], of: () => number) =>
    graph.constant(name, {
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, of),
      shape,
    });
  const x = graph.input('x', [1, 9]);
  const dense = graph.add(
    { op: 'dense' },
    [x, weights('w0', [9, 6], next), weights('b0', [6], () => 0)],
    'dense',
  );
  const relu = graph.add({ op: 'relu' }, [dense], 'relu');
  let sign = 1;
  const alternating = () => ((sign = -sign), (sign * scale) / 6);
  const logits = graph.add(
    { op: 'dense' },
    [
      relu,
      weights('w1', [6, 2], alternating),
      weights('b1', [2], () => ((sign = -sign), (sign * offset) / 2)),
    ],
    'logits',
  );
  return modelOf(graph.finish([graph.add({ op: 'softmax', axis: 1 }, [logits], 'classes')]));
}

const input = { data: Float32Array.from({ length: 9 }, (_, at) => (at + 1) / 9), shape: [1, 9] };

test('auto attributes the probability where that converges', async (t) => {
  const { output, converged, notes } = await attribute(convolutionModel(), [
    { data: Float32Array.from(picture.data, (value) => value / 255), shape: [1, 3, 7, 9] },
  ]);
  t.is(output, 'probability');
  t.true(converged);
  t.deepEqual(notes, []);
});

test('auto attributes the logit where the probability is the same on the blank, and says why', async (t) => {
  const { output, converged, notes, completenessError } = await attribute(steepModel(2, 60), [input]);
  t.is(output, 'logit');
  t.true(converged);
  t.true(completenessError! <= 0.01);
  t.is(notes.length, 1);
  t.regex(notes[0], /logit.*hardly changes/);
});

test('auto attributes the logit where the probability jumps so steeply that few points miss it', async (t) => {
  const options = { maxSteps: 15 };
  const asked = await attribute(steepModel(4000, -3000), [input], { ...options, output: 'probability' });
  t.false(asked.converged);
  t.is(asked.output, 'probability');
  t.regex(asked.notes[0], /did not converge: completeness error .* %.* after 15 points .*try --output logit/);
  const { output, converged, notes } = await attribute(steepModel(4000, -3000), [input], options);
  t.is(output, 'logit');
  t.true(converged);
  t.regex(notes[0], /did not converge in 15 points/);
});

test('strict makes it an error', async (t) => {
  const options = { maxSteps: 15, output: 'probability', strict: true } as const;
  await t.throwsAsync(attribute(steepModel(4000, -3000), [input], options), {
    code: 'NOT_CONVERGED',
    message: /did not converge/,
  });
});

test('an explanation says how settled its nodes are, and goes on until they are', async (t) => {
  const common = { preprocess, topK: 12 };
  const settled = await explainImage(convolutionModel(), picture, common);
  t.true(settled.attribution.converged);
  t.true(settled.attribution.topKStability! >= 0.97);
  t.is(settled.parameters.stability, 0.97);
  const asked = await explainImage(convolutionModel(), picture, { ...common, output: 'probability' });
  t.is(asked.parameters.stability, 0);
  t.true(asked.attribution.steps <= settled.attribution.steps);
});

test('an explanation may go on until its nodes are settled, and no longer', async (t) => {
  const task = { preprocess, topK: 12, stop: 'top-k' } as const;
  const settled = await explainImage(convolutionModel(), picture, task);
  t.like(settled.parameters, { stop: 'top-k', stability: 0.97, output: 'probability' });
  t.true(settled.attribution.converged);
  const both = await explainImage(convolutionModel(), picture, { ...task, stop: 'sum' });
  t.true(settled.attribution.steps <= both.attribution.steps);
  const asked = await explainImage(convolutionModel(), picture, { ...task, output: 'probability' });
  t.is(asked.parameters.stability, 0.97, 'an output that was chosen asks for no less');
  await t.throwsAsync(explainImage(convolutionModel(), picture, { ...task, steps: 9 }), {
    code: 'BAD_OPTION',
    instanceOf: RangeError,
    message: /^stop must be sum where steps is given/,
  });
});
