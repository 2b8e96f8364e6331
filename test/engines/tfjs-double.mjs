// Stands in for @tensorflow/tfjs-node, which cannot be installed everywhere: the same interface, its kernels
// those of the WASM back end, under the name that tfjs-node gives its own.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-wasm');
await tf.setBackend('wasm');

export default { ...tf, getBackend: () => 'tensorflow', version: { 'tfjs-node': '4.22.0-double' } };
