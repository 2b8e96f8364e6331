import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..');
const sharedFolder = process.env.SMUG_SHARED ?? join(projectRoot, '..', 'shared');

/** Path inside the folder of test data that stands beside the checkout. */
export function sharedPath(...parts: string[]): string {
  return join(sharedFolder, ...parts);
}

/**
 * True when the shared test data is there. Where it is missing the test logs that it did not run and passes —
 * unless SMUG_REQUIRE_SHARED=1 (set in CI), where missing data is a failure.
 */
export function needsShared(t: ExecutionContext): boolean {
  if (existsSync(sharedFolder)) return true;
  if (process.env.SMUG_REQUIRE_SHARED === '1') t.fail(`test data expected at ${sharedFolder}`);
  t.log(`not run: no test data at ${sharedFolder} (set SMUG_SHARED to its folder)`);
  t.pass();
  return false;
}
