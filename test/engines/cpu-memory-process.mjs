// One attribution in a process of its own; prints its peak resident set and the bytes of its weights:
// node cpu-memory-process.mjs MODEL BUDGET_MIB STEPS (0: until 1 %). MODEL is a path, or 'heavy': ten convolutions with
// 94 MB of weights.
import { createCpuEngine } from '../../dist/engines/cpu/engine.js';
import { GraphBuilder } from '../../dist/graph/builder.js';
import { integratePaths } from '../../dist/attribution/integrated-gradients.js';
import { peakResidentBytes } from '../../scripts/peak-resident.mjs';
import { loadModel } from '../../dist/model/load-model.js';

const [path, budget, steps] = process.argv.slice(2);
const engine = createCpuEngine({ memoryBudget: Number(budget) * 2 ** 20, threads: 2 });
const tail = path === 'heavy' ? heavyGraph() : (await loadModel(path, { engine })).split('probability').tail;
const weightBytes = [...tail.constants.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
const network = await engine.compile(tail);
const shape = [...tail.shapes.get(tail.inputs[0])];
const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
// Non-negative like a ReLU's output, and of a photograph's size.
for (let i = 0; i < data.length; i++) data[i] = Math.max(0, 60 * Math.sin(i * 0.37) * Math.cos(i * 1e-4));
await integratePaths(
  network,
  [{ activation: { data, shape }, target: 1 }],
  Number(steps) ? { steps: Number(steps) } : {},
);
console.log(JSON.stringify({ peakBytes: await peakResidentBytes(), weightBytes }));

function heavyGraph() {
  const channels = 512;
  const builder = new GraphBuilder();
  const constant = (name, own, entry) => {
    const data = Float32Array.from({ length: own.reduce((product, size) => product * size, 1) }, (_, i) =>
      entry(i),
    );
    return builder.constant(name, { data, shape: own });
  };
  const conv = { op: 'conv', strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 };
  let value = builder.input('a', [1, channels, 7, 7]);
  for (let layer = 0; layer < 10; layer++) {
    const weights = constant(
      'weights',
      [channels, channels, 3, 3],
      (i) => 0.04 * Math.sin(i * (layer + 1.3)),
    );
    const bias = constant('bias', [channels], (i) => 0.01 * Math.cos(i));
    value = builder.add({ op: 'relu' }, [builder.add(conv, [value, weights, bias], 'conv')], 'relu');
  }
  value = builder.add({ op: 'reduceMean', axes: [2, 3], keepDims: false }, [value], 'mean');
  return builder.finish([builder.add({ op: 'softmax', axis: 1 }, [value], 'softmax')]);
}
