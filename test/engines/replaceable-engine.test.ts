import test from 'ava';
import type { Engine } from '../../dist/engines/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { replaceable } from '../../dist/engines/replaceable-engine.js';
import { SmugError } from '../../dist/errors.js';
import { randomGraph } from '../support/random-graphs.js';

/** The reference engine on a device that is lost when `lose` is called. */
function fragile(): { engine: Engine; lose: () => void } {
  let lost = false;
  const check = () => {
    if (lost) throw new SmugError('DEVICE_LOST', 'the device fell off the bus');
  };
  return {
    lose: () => (lost = true),
    engine: {
      name: 'cuda',
      description: 'fragile',
      async compile(graph, options) {
        check();
        const network = await referenceEngine.compile(graph, options);
        return {
          pathsThatFill: 32,
          forward: async (...request) => (check(), network.forward(...request)),
          gradient: async (request) => (check(), network.gradient(request)),
          integrator: async (paths) => (check(), network.integrator(paths)),
          dispose: () => network.dispose(),
        };
      },
    },
  };
}

test('a lost device fails the job at hand; the next one runs elsewhere, and the name says where', async (t) => {
  const { engine, lose } = fragile();
  let asked = 0;
  const auto = replaceable(engine, async () => (asked++, referenceEngine));
  const { graph, inputs, at, targets } = randomGraph(5);
  const network = await auto.compile(graph);
  const before = await network.gradient({ inputs, at, targets });
  t.is(network.pathsThatFill, 32);
  t.is(auto.name, 'cuda');
  lose();
  t.is((await t.throwsAsync<SmugError>(network.gradient({ inputs, at, targets }))).code, 'DEVICE_LOST');
  const after = await network.gradient({ inputs, at, targets });
  t.is(auto.name, 'reference');
  t.is(network.pathsThatFill, undefined, 'the engine that took over says what fills it');
  t.deepEqual(after.gradients.data, before.gradients.data);
  await network.forward(inputs);
  await (await auto.compile(graph)).forward(inputs);
  t.is(asked, 1);
  network.dispose();
  await t.throwsAsync(network.forward(inputs), { message: /disposed/ });
});
