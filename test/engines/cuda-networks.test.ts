import type { CompiledNetwork } from '../../dist/engines/engine.js';
import { loadModel } from '../../dist/model/load-model.js';
import type { Tensor } from '../../dist/tensor.js';
import { sharedPath } from '../support/shared-data.js';
import { relativeError } from './agreement.js';
import { cpuEngine } from '../support/cpu-here.js';
import { cudaEngine, emulation } from '../support/cuda-here.js';
import { Random } from '../support/random.js';
import { sharedData, testWith } from '../support/needs.js';

const emulatedShared = testWith(emulation, sharedData);

async function onePoint(network: CompiledNetwork, activation: Tensor, target: number) {
  const integrator = await network.integrator([{ activation, target }]);
  const values = await integrator.evaluate([{ path: 0, alpha: 0.5 }]);
  const scores = await integrator.combine(0, Float64Array.of(1));
  integrator.dispose();
  network.dispose();
  return { values, scores };
}

function largest(scores: Float32Array, count: number): number[] {
  return Array.from(scores.keys())
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, count);
}

// One point only: the emulation runs a fifth of a GFLOP a second.
for (const folder of ['squeezenet1.1', 'mobilenet_v1_0.25_224']) {
  emulatedShared(`${folder}: the emulated cuda engine chooses the cpu engine's nodes`, async (t) => {
    const { tail } = (await loadModel(sharedPath('models', folder), { engine: cpuEngine() })).split(
      'probability',
    );
    const shape = [...tail.shapes.get(tail.inputs[0])!];
    const data = new Random(2).uniform(shape, -6, 6).data.map((x) => Math.max(0, x));
    const own = await onePoint(await cudaEngine().compile(tail, { precision: 'f32' }), { data, shape }, 7);
    const right = await onePoint(await cpuEngine().compile(tail), { data, shape }, 7);
    // Of a million relus and maxima a few stand within rounding of their kink: not equal, but nearly.
    t.true(relativeError(own.values, right.values) < 1e-4);
    t.true(relativeError(own.scores, right.scores) < 5e-2);
    const chosen = new Set(largest(right.scores, 3000));
    const shared = largest(own.scores, 3000).filter((i) => chosen.has(i)).length / 3000;
    t.log(`top 3000 share ${shared}`);
    t.true(shared >= 0.99);
  });
}
