import test from 'ava';
import { loadAddon } from '../../dist/addon.js';
import { createCpuEngine } from '../../dist/engines/cpu/engine.js';
import type { Engine } from '../../dist/engines/engine.js';

/** `test` where the addon has its cpu part, `test.skip` where it was built without or not at all. */
export const native = typeof loadAddon()?.cpuCompile === 'function' ? test : test.skip;

let engine: Engine | undefined;

/** One engine for the tests of a file. */
export function cpuEngine(): Engine {
  return (engine ??= createCpuEngine());
}
