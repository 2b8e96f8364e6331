import test from 'ava';
import { attribute, explainImage } from '../../dist/index.js';
import { convolutionModel } from './models.js';

const image = { width: 9, height: 7, channels: 3 as const, data: new Uint8Array(189).fill(90) };
const preprocess = { do_resize: false, do_rescale: true, rescale_factor: 1 / 255, do_normalize: false };

const outOfRange: Record<string, unknown[]> = {
  topK: [0, -1, 1.5, NaN, Infinity, '5', null, 121],
  gamma: [-0.1, 1, 1.5, NaN, '0.5', true],
  window: [0, -4, 10, 2.5, NaN],
  steps: [0, 2.5, NaN, -1],
  maxSteps: [0, Infinity],
  tolerance: [0, -1, NaN],
  timeLimit: [-1, NaN, Infinity],
  solutions: [0, 1.5],
  seed: [-1, 0.5],
  threads: [0, -2],
  score: ['mean', 3],
  solver: ['z3', 1],
  output: ['softmax'],
  attribution: ['lime', 7],
  target: [-1, 1.5],
  evidence: ['pixels', 1],
  blank: [7, null],
  stability: [-0.1, 1.1, '1'],
  strict: ['yes', 1],
};

/** A value that each of them may have, or one per type. */
const fitting: Record<string, unknown> = {
  topK: [5, 'auto'],
  gamma: 0.5,
  window: [1, 'auto'],
  evidence: 'image',
  blank: 'mean',
  stability: 0.9,
  strict: true,
  steps: 9,
  maxSteps: 9,
  tolerance: 0.01,
  timeLimit: 1,
  solutions: 2,
  seed: 1,
  threads: 1,
  score: 'sum',
  solver: 'auto',
  output: 'logit',
  attribution: 'gradients',
  target: 1,
};

const hasType = (name: string, value: unknown) =>
  [fitting[name]].flat().some((one) => typeof one === typeof value);

for (const [name, values] of Object.entries(outOfRange)) {
  test(`${name} out of range or of a wrong type is refused by name, before any work`, async (t) => {
    for (const value of values) {
      let attributed = false;
      const onProgress = ({ phase }: { phase: string }) => (attributed ||= phase === 'attribution');
      await t.throwsAsync(
        explainImage(convolutionModel(), image, { preprocess, onProgress, [name]: value } as never),
        {
          instanceOf: hasType(name, value) ? RangeError : TypeError,
          code: 'BAD_OPTION',
          message: new RegExp(`^${name} must be .*; got `),
        },
        `${name}: ${String(value)}`,
      );
      t.false(attributed);
    }
  });
}

test('unknown options and wrong types are TypeErrors that name the option', async (t) => {
  const model = convolutionModel();
  await t.throwsAsync(explainImage(model, image, { preprocess, topk: 5 } as never), {
    instanceOf: TypeError,
    message: /unknown option 'topk'.*topK/,
  });
  await t.throwsAsync(explainImage(model, image, { signal: {} } as never), {
    instanceOf: TypeError,
    message: /signal/,
  });
  await t.throwsAsync(explainImage(model, image, { onProgress: 1 } as never), {
    instanceOf: TypeError,
    message: /onProgress/,
  });
  await t.throwsAsync(explainImage(model, image, { core: 'yes' } as never), {
    instanceOf: TypeError,
    message: /core/,
  });
  await t.throwsAsync(explainImage(model, image, null as never), {
    instanceOf: TypeError,
    message: /options/,
  });
  const tensor = { data: new Float32Array(189), shape: [1, 3, 7, 9] };
  await t.throwsAsync(attribute(model, [tensor], { topK: 5 } as never), {
    instanceOf: TypeError,
    message: /unknown option 'topK'/,
  });
});

test('undefined counts as not given', async (t) => {
  const explanation = await explainImage(convolutionModel(), image, {
    preprocess,
    topK: undefined,
    gamma: undefined,
  });
  t.is(explanation.parameters.topK, 120);
  t.is(explanation.parameters.gamma, 0);
});

test('attribute checks its inputs', async (t) => {
  const model = convolutionModel();
  const data = new Float32Array(189);
  for (const inputs of [[], 'x', [{ data: [1], shape: [1] }], [{ data }]])
    await t.throwsAsync(attribute(model, inputs as never), { instanceOf: TypeError, message: /inputs/ });
  await t.throwsAsync(attribute(model, [{ data, shape: [1, 3, 7, 8] }]), { code: 'BAD_INPUT' });
  await t.throwsAsync(attribute(model, [{ data: data.map(() => NaN), shape: [1, 3, 7, 9] }]), {
    code: 'BAD_INPUT',
    message: /finite/,
  });
});
