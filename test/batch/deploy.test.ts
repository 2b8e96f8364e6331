// What deploy/ holds for engines, run as far as this machine has them. scripts/try-slurm.sh runs the array on a real Slurm.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot, smug } from '../cli/smug.js';
import { home, index, pictures } from './batch-runs.js';

const deploy = join(projectRoot, 'deploy');
const model = 'builtin:mnist-fc';

/** A program `smug`, as an installed package has it. */
function program(folder: string): string {
  const path = join(folder, 'smug');
  const cli = join(projectRoot, 'dist', 'cli.js');
  writeFileSync(path, `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

const has = (name: string) => spawnSync('bash', ['-c', `command -v ${name}`]).status === 0;
if (!has('parallel')) console.log('skipped: GNU parallel is not installed (apt-get install parallel)');

(has('parallel') ? test : test.skip)(
  'the line for GNU parallel gives the index of one run, though an image fails',
  async (t) => {
    t.timeout(180_000);
    const folder = home();
    const photos = pictures(folder, 7);
    writeFileSync(join(photos, 'a', 'bad.png'), 'no picture');
    const [parts, whole] = [join(folder, 'parts'), join(folder, 'whole')];
    const { status, stdout, stderr } = spawnSync(
      'bash',
      [join(deploy, 'batch-parallel.sh'), '3', photos, model, parts],
      { encoding: 'utf8', env: { ...process.env, SMUG: program(folder) } },
    );
    t.is(status, 1, stderr);
    t.regex(stdout, /8 images\n  proven +7\n  not proven +0\n  failed +1\n/);
    await smug(['batch', photos, '--model', model, '--out', whole]);
    t.deepEqual(index(parts), index(whole));
  },
);

(has('bash') ? test : test.skip)(
  'the Slurm script does the part that its task says, with the cores it has',
  (t) => {
    const folder = home();
    const photos = pictures(folder, 4);
    const out = join(folder, 'out');
    // Tasks 1 and 3 of ten, handed in once more: still the second and the fourth part.
    const task = { SLURM_ARRAY_TASK_ID: '1', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_MAX: '3' };
    const { status, stderr } = spawnSync('bash', [join(deploy, 'batch-array.sh'), photos, model, out], {
      encoding: 'utf8',
      env: {
        ...process.env,
        ...task,
        SLURM_ARRAY_TASK_COUNT: '2',
        SLURM_CPUS_PER_TASK: '1',
        SMUG: program(folder),
      },
    });
    t.is(status, 0, stderr);
    t.deepEqual(
      index(join(out, 'shards', '2-of-10')).map(({ name }) => name),
      ['a/002.png'],
    );
    t.false(existsSync(join(out, 'shards', '4-of-10')));
  },
);

test('the Job names as many parts as it has completions', async (t) => {
  const job = readFileSync(join(deploy, 'batch-job.yaml'), 'utf8');
  const [, completions] = /completions: (\d+)/.exec(job)!;
  const [, stated] = /name: JOB_COMPLETIONS\s+value: '(\d+)'/.exec(job)!;
  t.is(stated, completions);
  // Its words are a command line of smug: only the folders are missing here.
  const words = /args: \[(.*)\]/.exec(job)![1].split(', ');
  const { code, stderr } = await smug(words, {
    env: { JOB_COMPLETION_INDEX: '0', JOB_COMPLETIONS: stated },
  });
  t.is(code, 1);
  t.regex(stderr, /FILE_NOT_FOUND|no such|There is no/);
});
