// What an explanation says by itself about a model or a mask that a reader might misunderstand.
import test from 'ava';
import { maskSizeNotes } from '../../dist/explainers/mask-size-notes.js';
import { GraphBuilder } from '../../dist/graph/builder.js';
import { explainImage } from '../../dist/index.js';
import { modelOf, picture, unscaled } from './models.js';

/** Pictures of 9×7 pixels → conv 3×3 → ReLU → mean → dense → `outputs`, which end as they are. */
function network(outputs: number, second = false) {
  const graph = new GraphBuilder();
  const ramp = (name: string, shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return graph.constant(name, {
      data: Float32Array.from({ length: size }, (_, at) => ((at * 7) % 11) - 4),
      shape,
    });
  };
  const x = graph.input('x', [1, 3, 7, 9]);
  const window = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 };
  const conv = graph.add({ op: 'conv', ...window }, [x, ramp('w', [4, 3, 3, 3])], 'conv');
  const relu = graph.add({ op: 'relu' }, [conv], 'relu');
  const mean = graph.add({ op: 'reduceMean', axes: [2, 3], keepDims: false }, [relu], 'mean');
  const scores = graph.add({ op: 'dense' }, [mean, ramp('v', [4, outputs])], 'scores');
  return modelOf(graph.finish(second ? [scores, mean] : [scores]));
}

const notesOf = async (model: ReturnType<typeof network>, options = {}) =>
  (await explainImage(model, picture, { preprocess: unscaled, ...options })).notes.join(' ');

test('one output without a sigmoid may be a value: that it was read as a logit is said', async (t) => {
  t.regex(await notesOf(network(1)), /one output and no sigmoid.*--output value/);
  t.notRegex(await notesOf(network(1), { output: 'value' }), /no sigmoid/);
  t.notRegex(await notesOf(network(2)), /no sigmoid/);
});

test('of several outputs the one explained is named', async (t) => {
  t.regex(await notesOf(network(3, true)), /2 outputs \(scores, mean\); the first is explained/);
});

test('a mask of next to nothing or nearly everything says why; others say nothing', (t) => {
  const mask = {
    ...{ size: 100, cells: 784, share: 0.13, proven: true, gamma: 0, evidence: 'activation' as const },
    nodes: { selected: 9, constrained: 9, metByBlank: 8 },
  };
  t.deepEqual(maskSizeNotes(mask), []);
  t.regex(
    maskSizeNotes({ ...mask, size: 1, share: 1 / 784 }).join(),
    /tiny because of the 9 chosen nodes 1 need the input at all \(biases keep 8 of them\).*--gamma.*--evidence image/,
  );
  const all = { ...mask, size: 784, share: 1 };
  t.regex(maskSizeNotes(all).join(), /Nearly everything is kept: the 9 nodes look everywhere.*--top-k/);
  t.regex(maskSizeNotes({ ...all, proven: false }).join(), /no smaller one was found in the time/);
  t.deepEqual(maskSizeNotes({ ...all, size: 2, cells: 2 }), []);
});
