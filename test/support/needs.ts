import { existsSync } from 'node:fs';
import test, { type TestFn } from 'ava';
import { loadAddon } from '../../dist/addon.js';
import { nativeBlockSearch } from '../../dist/solvers/bounds/block-search.js';
import { onnxTestFolder } from './onnx-cases.js';
import { sharedFolder } from './shared-data.js';

/** Something that a test needs and a machine may lack. */
export interface Need {
  /** What is missing, and what to do; null where it is there. */
  missing: string | null;
  /** Whether its absence is a failure: CI sets SMUG_REQUIRE_SHARED=1. */
  required: boolean;
}

const strict = process.env.SMUG_REQUIRE_SHARED === '1';

export const sharedData: Need = {
  missing: existsSync(sharedFolder)
    ? null
    : `no test data at ${sharedFolder} (set SMUG_SHARED to its folder)`,
  required: strict,
};

export const onnxTestData: Need = {
  missing:
    onnxTestFolder() === undefined ? 'libonnx-testdata is not installed (or set SMUG_ONNX_TESTDATA)' : null,
  required: strict,
};

/** The addon with its cpu engine. A machine without a compiler has none. */
export const cpuAddon: Need = {
  missing: typeof loadAddon()?.cpuCompile === 'function' ? null : 'no addon with the cpu engine',
  required: false,
};

/** The addon with its solver. */
export const solverAddon: Need = {
  missing: loadAddon() !== null && nativeBlockSearch(loadAddon()!) ? null : 'no addon with the solver',
  required: false,
};

/**
 * `test` where every need is met. Elsewhere the test is skipped and its title says what is missing; where that is
 * required it fails. Nothing that did not run counts as passed.
 */
export function testWith(...needs: Need[]): TestFn {
  const lacking = needs.find(({ missing }) => missing !== null);
  if (lacking === undefined) return test;
  const declare =
    (serial: boolean) =>
    (title: string, implementation: (...args: never[]) => unknown): void => {
      const told = `${title} (${lacking.missing})`;
      if (lacking.required) test(told, (t) => t.fail(lacking.missing!));
      else (serial ? test.serial : test).skip(told, implementation as never);
    };
  return Object.assign(declare(false), { serial: declare(true) }) as unknown as TestFn;
}
