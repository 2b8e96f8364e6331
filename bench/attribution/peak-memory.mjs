// One attribution to 1 % completeness in a process of its own: node peak-memory.mjs MODEL. Prints the peak resident
// set, everything included: Node itself, decoding, loading, compiling, integrating.
import { join } from 'node:path';
import { root } from '../../scripts/native-deps.mjs';
import { peakResidentBytes } from '../../scripts/peak-resident.mjs';
import { models } from './models.mjs';

const library = (path) => import(join(root, 'dist', path));
const { createCpuEngine } = await library('engines/cpu/engine.js');
const { integratePaths } = await library('attribution/integrated-gradients.js');
const engine = createCpuEngine();
const { tail, activations } = await models[process.argv[2]](engine, 1);
const network = await engine.compile(tail);
await integratePaths(network, [{ activation: activations[0], target: 1 }]);
console.log(JSON.stringify({ peakBytes: await peakResidentBytes() }));
