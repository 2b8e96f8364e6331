import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from './temporary-folder.js';

const helper = JSON.stringify(new URL('./temporary-folder.ts', import.meta.url));
const ends = { 'by itself': '', 'by exit': 'process.exit(3)', 'by an error': 'throw new Error()' };

for (const [how, statement] of Object.entries(ends))
  test(`a process that ends ${how} leaves no folder`, (t) => {
    const home = temporaryFolder('home');
    const program = `
      import { writeFileSync } from 'node:fs';
      import { temporaryFolder } from ${helper};
      for (const name of ['a', 'b']) writeFileSync(temporaryFolder(name) + '/file', name);
      console.log(temporaryFolder('c'));
      ${statement}`;
    const { stdout } = spawnSync(
      process.execPath,
      ['--import=tsx', '--input-type=module', '--eval', program],
      // tsx keeps what it compiled beside the folders.
      { encoding: 'utf8', env: { ...process.env, TMPDIR: home, TSX_DISABLE_CACHE: '1' } },
    );
    t.true(stdout.startsWith(join(home, 'smug-tests-')), stdout);
    t.deepEqual(
      readdirSync(home).filter((name) => name.startsWith('smug')),
      [],
    );
  });

test('a folder that is handed to a test goes away with it', (t) => {
  const removals: (() => void)[] = [];
  const folder = temporaryFolder('test', { teardown: (remove) => removals.push(remove) });
  t.true(existsSync(folder));
  for (const remove of removals) remove();
  t.false(existsSync(folder));
});
