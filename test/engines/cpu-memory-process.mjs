// One SqueezeNet attribution in a process of its own; prints its peak resident set:
// node cpu-memory-process.mjs MODEL BUDGET_MIB STEPS (0: until 1 %).
import { createCpuEngine } from '../../dist/engines/cpu/engine.js';
import { integratePaths } from '../../dist/attribution/integrated-gradients.js';
import { peakResidentBytes } from '../../scripts/peak-resident.mjs';
import { loadModel } from '../../dist/load-model.js';

const [path, budget, steps] = process.argv.slice(2);
const engine = createCpuEngine({ memoryBudget: Number(budget) * 2 ** 20, threads: 2 });
const model = await loadModel(path, { engine });
const { tail } = model.split('probability');
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
console.log(JSON.stringify({ peakBytes: await peakResidentBytes() }));
