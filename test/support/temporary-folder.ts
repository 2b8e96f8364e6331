import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let home: string | undefined;

/**
 * A new empty folder named after `name`. It goes away with the test, where `t` is given, and else with the process of the
 * test file; a test that a signal kills leaves one folder, `smug-tests-…`, in which all others lie.
 */
export function temporaryFolder(name: string, t?: { teardown(fn: () => void): void }): string {
  home ??= homeOfThisProcess();
  const folder = mkdtempSync(join(home, `${name}-`));
  t?.teardown(() => remove(folder));
  return folder;
}

function homeOfThisProcess(): string {
  const folder = mkdtempSync(join(tmpdir(), 'smug-tests-'));
  process.once('exit', () => remove(folder));
  return folder;
}

function remove(folder: string): void {
  try {
    // Once more where a program that the test has just killed wrote a file meanwhile.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // What cannot be removed is no failure of what was tested.
  }
}
