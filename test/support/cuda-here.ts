import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { CudaPart } from '../../dist/engines/cuda/addon-part.js';
import { createCudaEngine } from '../../dist/engines/cuda/engine.js';
import type { Engine } from '../../dist/engines/engine.js';
import { nativePart } from '../../dist/engines/native-part.js';
import { cpuAddon, testWith, type Need } from './needs.js';

/** The CUDA engine on the emulated device: all of it but nvcc's code. Built by `npm run setup`, never packed. */
const path = fileURLToPath(new URL('../../build/emulation/smug_cuda_emulation.node', import.meta.url));
/** CI has the emulation wherever it has the addon. */
export const emulation: Need = {
  missing:
    process.env.SMUG_NATIVE !== '0' && existsSync(path) ? null : 'the emulated CUDA engine is not built',
  required: process.env.SMUG_REQUIRE_SHARED === '1' && cpuAddon.missing === null,
};

/** `test` where the emulation was built, else a skipped test that says so. */
export const emulated = testWith(emulation);

let part: CudaPart | undefined;
let engine: Engine | undefined;

export function cudaPart(): CudaPart {
  return (part ??= nativePart<CudaPart>(
    createRequire(import.meta.url)(path) as Record<string, unknown>,
    'cuda',
  )!);
}

/** One engine for the tests of a file. */
export function cudaEngine(): Engine {
  return (engine ??= createCudaEngine({}, cudaPart()));
}
