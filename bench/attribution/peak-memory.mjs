// One attribution to 1 % completeness, or as near as the budget lets it, in a process of its own:
// node peak-memory.mjs MODEL BUDGET_MIB. Prints the peak resident set, everything included: Node itself, decoding,
// loading, compiling, integrating; and the bytes of the network's weights.
import { join } from 'node:path';
import { root } from '../../scripts/native-deps.mjs';
import { peakResidentBytes } from '../../scripts/peak-resident.mjs';
import { models } from './models.mjs';

const library = (path) => import(join(root, 'dist', path));
const { createCpuEngine } = await library('engines/cpu/engine.js');
const { integratePaths } = await library('attribution/integrated-gradients.js');
const [name, budget] = process.argv.slice(2);
const engine = createCpuEngine({ memoryBudget: Number(budget) * 2 ** 20 });
const { tail, activations } = await models[name](engine, 1);
const network = await engine.compile(tail);
await integratePaths(network, [{ activation: activations[0], target: 1 }]);
const weightBytes = [...tail.constants.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
console.log(JSON.stringify({ peakBytes: await peakResidentBytes(), weightBytes }));
