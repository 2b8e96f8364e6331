// In a process of its own, for the limit holds for all of it: a run on an emulated device that has too little memory.
// Prints { equal, warnings } as JSON.
import { createRequire } from 'node:module';
import { createCudaEngine } from '../../dist/engines/cuda/engine.js';
import { nativePart } from '../../dist/engines/native-part.js';

const path = new URL('../../build/emulation/smug_cuda_emulation.node', import.meta.url).pathname;
const part = nativePart(createRequire(import.meta.url)(path), 'cuda');
const warnings = [];
process.on('warning', ({ message }) => warnings.push(message));

const shape = [1, 4, 32, 32];
const graph = {
  inputs: ['x'],
  outputs: ['y'],
  constants: new Map(),
  shapes: new Map([
    ['x', shape],
    ['soft', shape],
    ['y', [1, 4]],
  ]),
  nodes: [
    { op: 'softplus', name: 'soft', inputs: ['x'], output: 'soft' },
    { op: 'reduceMean', axes: [2, 3], keepDims: false, name: 'mean', inputs: ['soft'], output: 'y' },
  ],
};
const count = 64;
const data = Float32Array.from({ length: count * 4096 }, (_, i) => Math.sin(i));
const request = { inputs: [{ data, shape: [count, 4, 32, 32] }], targets: new Array(count).fill(2) };

const engine = createCudaEngine({}, part);
const first = await engine.compile(graph);
const right = await first.gradient(request);
first.dispose();
const network = await engine.compile(graph);
part.memoryLimit(2 ** 20);
const found = [await network.gradient(request), await network.gradient(request)];
await new Promise((resolve) => setImmediate(resolve));
const equal = found.every(({ gradients }) => gradients.data.every((x, i) => x === right.gradients.data[i]));
console.log(JSON.stringify({ equal, warnings }));
