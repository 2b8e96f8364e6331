import { createCpuEngine } from '../../dist/engines/cpu/engine.js';
import type { Engine } from '../../dist/engines/engine.js';
import { cpuAddon, testWith, type Need } from './needs.js';

let engine: Engine | undefined;

/** `test` where the addon has its cpu part, else a skipped test that says so. */
export const native = testWith(cpuAddon);

export const bf16: Need = {
  missing:
    cpuAddon.missing ?? (cpuEngine().description.includes('bf16') ? null : 'this processor has no bf16'),
  required: false,
};

/** One engine for the tests of a file. */
export function cpuEngine(): Engine {
  return (engine ??= createCpuEngine());
}
