// What the addon does with calls that its TypeScript callers never make: a clear error or the right answer, never a
// crash. The calls run in a process of their own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { addonAttempts, loadAddon } from '../../dist/addon.js';
import { testWith } from '../support/needs.js';

interface Line {
  name: string;
  outcome: { value?: unknown; error?: string; code?: string; message?: string };
}

const native = testWith({ missing: loadAddon() === null ? 'no addon' : null, required: false });

/** Calls that are harmless after all: they have an answer, this one where it is written. All others are refused. */
const answered: [RegExp, unknown?][] = [
  [/^(solve|block): as meant$/],
  [/^(solve|block): reading .* (harms|shrinks|detaches) /],
  [/^solve: (seed|atMost|workLimit|seconds) (?!NaN)/],
  [/^solve: seconds NaN$/],
  [/^solve: HiGHS, a start of the wrong length$/, 'optimal'],
  [/^solve: stopped twice$/],
  [/^block: resume (-1|1e\+300|before begin)$/],
  [/^run: (as meant|an input transferred meanwhile)$/, [1, 3, 2, 4]],
  [/^run: (backward|reading targets shrinks the input)$/, [1, 2, 3, 4]],
  [/^evaluate: as meant$/, [5.5]],
  [/^crops: as meant$/, [1, 2, 3, 4]],
  [/^crops: none$/, []],
  [/^across: as meant$/, [2, 6]],
  [/^down: as meant$/, [3, 5]],
  [/^nodes: (as meant|more than there are)$/],
  [/^nodes: detached$/, []],
  [/^kept: as meant$/, [3, 2]],
  [/^pages: as meant$/],
];

/** Refused: a TypeError or RangeError that names the parameter, or an Error with a stable code. */
function isClear({ error, code, message }: Line['outcome']): boolean {
  if (error === 'TypeError' || error === 'RangeError') return message !== '';
  return error === 'Error' && (code === 'BAD_INPUT' || message!.endsWith(' was disposed'));
}

native('no call brings the process down', (t) => {
  const script = fileURLToPath(new URL('./hostile-calls.mjs', import.meta.url));
  const addon = addonAttempts().find(({ outcome }) => outcome === 'loaded')!.path;
  const child = spawnSync(process.execPath, [script, addon], { encoding: 'utf8', timeout: 120_000 });
  const lines = child.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const last = lines.pop();
  t.is(last?.name, 'end', `${child.signal ?? child.status} after '${last?.name}': ${child.stderr}`);
  t.is(child.status, 0);
  t.true(lines.length > 60);
  for (const { name, outcome } of lines) {
    const allowed = answered.find(([pattern]) => pattern.test(name));
    if (outcome.error === undefined) {
      t.truthy(allowed, `${name}: was answered with ${JSON.stringify(outcome.value)}`);
      if (allowed?.[1] !== undefined) t.deepEqual(outcome.value, allowed[1], name);
    } else {
      t.true(isClear(outcome), `${name}: ${JSON.stringify(outcome)}`);
      t.false(name.endsWith('as meant'), `${name}: ${outcome.message}`);
    }
  }
});
