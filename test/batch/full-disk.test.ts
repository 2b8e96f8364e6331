// A disk that is really full: a small file system in memory, mounted in a name space of its own.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../cli/smug.js';
import { solverAddon, testWith, type Need } from '../support/needs.js';
import { batchOf, filesBelow, home, index, jsonLines, pictures } from './batch-runs.js';

const cli = join(projectRoot, 'dist', 'cli.js');
const space = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'];

const smallDisk: Need = {
  missing:
    spawnSync(space[0], [...space.slice(1), 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'small', '/mnt'])
      .status === 0
      ? null
      : 'no small file system can be mounted here',
  required: false,
};

testWith(solverAddon, smallDisk)(
  'a full disk ends a batch clearly; with room it goes on, and the results are whole',
  (t) => {
    t.timeout(120_000);
    const folder = home();
    const photos = pictures(folder, 30);
    const [whole, kept, messages] = ['whole', 'kept', 'messages'].map((name) => join(folder, name));
    // Without certificates, of which the first alone may take more than there is.
    const few = ['--files', 'json,overlay'];
    const node = (words: string[]) => [process.execPath, cli, ...words].map((word) => `'${word}'`).join(' ');
    t.is(spawnSync(process.execPath, [cli, ...batchOf([photos], whole, few)]).status, 0);
    const out = '/mnt/out';
    const script = [
      'mount -t tmpfs -o size=150k small /mnt',
      `${node(batchOf([photos], out, few))} 2> ${messages}; echo "status $?" >> ${messages}`,
      `cp -a ${out} ${kept}`,
      'mount -o remount,size=20m /mnt',
      `${node(batchOf([photos], out, few))} && cp -a ${out} ${kept}.last`,
    ].join('\n');
    const run = spawnSync(space[0], [...space.slice(1), 'bash', '-c', script], { encoding: 'utf8' });
    t.is(run.status, 0, run.stderr);
    const said = readFileSync(messages, 'utf8');
    t.regex(said, /FILE_UNWRITABLE: .*ENOSPC.* \d+ of 30 images are done and kept; the same command goes on/);
    t.regex(said, /status 1/);
    const [, ...before] = jsonLines(join(kept, 'journal.jsonl'));
    t.true(before.length > 0 && before.length < 30, `${before.length} kept`);
    t.deepEqual(index(`${kept}.last`), index(whole));
    const [, ...after] = jsonLines(join(`${kept}.last`, 'journal.jsonl'));
    t.deepEqual(after.slice(0, before.length), before, 'nothing that was finished is done again');
    t.is(after.length, 30);
    t.deepEqual(filesBelow(`${kept}.last`), filesBelow(whole));
    for (const file of filesBelow(whole).filter((name) => name.endsWith('.overlay.png')))
      t.deepEqual(readFileSync(join(`${kept}.last`, file)), readFileSync(join(whole, file)), file);
  },
);
