import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { rememberTiles } from '../../dist/engines/cuda/tuned-tiles.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A part that has chosen what it is told, and keeps what it takes in. */
function partOf(device: string, capability = '9.0') {
  const lines: string[] = [];
  return {
    lines,
    part: {
      information: () => ({ available: true, reason: '', device, capability, driver: '13.0' }),
      choiceCount: () => lines.length,
      choices: () => lines.map((line) => `${line}\n`).join(''),
      takeChoices: (text: string) => void lines.push(...text.split('\n').filter(Boolean)),
    },
  };
}

test.serial('kernels that one process chose are known to the next one on the same card', (t) => {
  const folder = temporaryFolder('tiles', t);
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = folder;
  t.teardown(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  });
  const home = join(folder, 'smug-explain');
  const first = partOf('card');
  const keep = rememberTiles(first.part);
  t.is(rememberTiles(first.part), keep);
  keep();
  t.throws(() => readdirSync(home), undefined, 'nothing is written before something is chosen');
  first.lines.push('one', 'two');
  keep();
  const next = partOf('card');
  rememberTiles(next.part);
  t.deepEqual(next.lines, ['one', 'two']);
  for (const other of [partOf('another card'), partOf('card', '8.0')]) {
    rememberTiles(other.part);
    t.deepEqual(other.lines, []);
  }
  const [file] = readdirSync(home);
  t.is(readFileSync(join(home, file), 'utf8'), 'one\ntwo\n');

  // A folder that cannot be written is no failure.
  const blocked = join(folder, 'file');
  writeFileSync(blocked, '');
  process.env.XDG_CACHE_HOME = blocked;
  const third = partOf('third');
  const kept = rememberTiles(third.part);
  third.lines.push('one');
  t.notThrows(kept);

  const emulated = partOf('emulated', '0.0');
  const none = rememberTiles(emulated.part);
  emulated.lines.push('one');
  process.env.XDG_CACHE_HOME = folder;
  none();
  t.is(readdirSync(home).length, 1);
});
