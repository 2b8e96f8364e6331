import test from 'ava';
import { chooseEngine } from '../../dist/engines/choose-engine.js';
import type { Engine } from '../../dist/engines/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { createTfjsEngine } from '../../dist/engines/tfjs/engine.js';
import type { SmugError } from '../../dist/errors.js';
import { capabilities, loadModel } from '../../dist/index.js';
import { cpuEngine, native } from '../support/cpu-here.js';
import { GraphBuilder } from '../support/graph-builder.js';

const tfjs = await createTfjsEngine({ threads: 1 });

/** A dense layer whose weights are computed from the input: only the reference engine runs it. */
function computedWeights() {
  const builder = new GraphBuilder();
  const x = builder.input([2, 2]);
  const weights = builder.node({ op: 'transpose', perm: [1, 0] }, x);
  return builder.build(builder.node({ op: 'dense' }, x, weights));
}

function plain() {
  const builder = new GraphBuilder();
  return builder.build(builder.node({ op: 'relu' }, builder.input([1, 3])));
}

test('auto passes by engines that cannot run the network, and says so', async (t) => {
  const { engine, reason } = await chooseEngine('auto', {}, plain());
  t.true(reason.startsWith(`${engine.name}: the fastest that can run this network here`));
  const error = await t.throwsAsync<SmugError>(chooseEngine('auto', {}, computedWeights()), {
    code: 'ENGINE_UNAVAILABLE',
  });
  t.regex(error.message, /^No engine can run this network here:/);
  t.regex(error.message, /tfjs: node 'dense\d' \(dense\) computes its weights while running/);
  t.is((await chooseEngine('reference', {}, computedWeights())).reason, 'reference: asked for');
});

test('auto passes by engines without the precision', async (t) => {
  // tfjs has float32 only, and the cpu engine never has tf32.
  const outcome = await chooseEngine('auto', { precision: 'tf32' }).catch((error: SmugError) => error);
  if ('engine' in outcome) t.is(outcome.engine.name, 'cuda');
  else t.regex(outcome.message, /cpu: .*(precision 'tf32'|native addon)[\s\S]*tfjs: precision 'tf32'/);
});

test('an engine that is asked for without the precision is an error, for doctor as for a model', async (t) => {
  const asked = { engine: 'tfjs', precision: 'tf32' } as const;
  const wanted = { code: 'BAD_OPTION', message: /tfjs engine was asked for .* precision 'tf32'/ };
  await t.throwsAsync(chooseEngine('tfjs', { precision: 'tf32' }), wanted);
  await t.throwsAsync(loadModel('builtin:mnist-cnn', asked), wanted);
  const { engine, reasons } = await capabilities(asked);
  t.is(engine, null);
  t.regex(reasons[0], /precision 'tf32'/);
});

test('threads reach an engine of the caller, and SMUG_THREADS does not go before its own', async (t) => {
  const seen: (number | undefined)[] = [];
  const own: Engine = {
    ...referenceEngine,
    compile: (graph, options) => {
      seen.push(options?.threads);
      return referenceEngine.compile(graph, options);
    },
  };
  for (const threads of [3, undefined]) {
    const model = await loadModel('builtin:mnist-fc', { engine: own, threads });
    await model.predict([{ data: new Float32Array(784), shape: [1, 1, 28, 28] }]);
    model.dispose();
  }
  t.deepEqual(seen, [3, undefined]);
});

for (const [name, test_, engineOf] of [
  ['tfjs', test, () => tfjs],
  ['cpu', native, cpuEngine],
] as [string, typeof test, () => Engine][]) {
  test_(`what ${name} says of a graph is what happens`, async (t) => {
    const engine = engineOf();
    t.is(engine.supports!(plain()), null);
    t.regex(engine.supports!(computedWeights())!, /computes its weights/);
    const inputs = [{ data: new Float32Array(4), shape: [2, 2] }];
    const run = async () => (await engine.compile(computedWeights())).forward(inputs);
    await t.throwsAsync(run(), { code: 'UNSUPPORTED_OPERATOR' });
  });
}

for (const engine of [tfjs, referenceEngine]) {
  test(`${engine.name}: gradients kept stay within memoryBudget`, async (t) => {
    const network = await engine.compile(plain(), { memoryBudget: 3 * 4 * 20 });
    const path = { activation: { data: Float32Array.of(1, 2, 3), shape: [1, 3] }, target: 0 };
    const integrator = await network.integrator([path]);
    t.is(integrator.pointsThatFit, 20);
    await integrator.evaluate(Array.from({ length: 20 }, (_, i) => ({ path: 0, alpha: i / 20 })));
    await t.throwsAsync(integrator.evaluate([{ path: 0, alpha: 1 }]), {
      code: 'OUT_OF_MEMORY',
      message: /21 points.*20 fit in memoryBudget/,
    });
    network.dispose();
  });
}

test('a model says why its engine runs it', async (t) => {
  const model = await loadModel('builtin:mnist-cnn', { engine: 'reference' });
  t.is(model.engineReason, 'reference: asked for');
  model.dispose();
});
