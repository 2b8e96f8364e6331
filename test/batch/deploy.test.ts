// What deploy/ holds for engines, run as far as this machine has them. scripts/try-slurm.sh runs the array on a real Slurm.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { linkSmug, projectRoot, smug } from '../cli/smug.js';
import { home, index, pictures } from './batch-runs.js';
import { testWith, type Need } from '../support/needs.js';

const deploy = join(projectRoot, 'deploy');
const model = 'builtin:mnist-fc';

const has = (name: string) => spawnSync('bash', ['-c', `command -v ${name}`]).status === 0;
const need = (name: string): Need => ({ missing: has(name) ? null : `no ${name} here`, required: false });

testWith(need('parallel'))(
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
      { encoding: 'utf8', env: { ...process.env, SMUG: linkSmug(join(folder, 'smug')) } },
    );
    t.is(status, 1, stderr);
    t.regex(stdout, /8 images\n  proven +7\n  not proven +0\n  failed +1\n/);
    await smug(['batch', photos, '--model', model, '--out', whole]);
    t.deepEqual(index(parts), index(whole));
  },
);

testWith(need('bash'))('the Slurm script does the part that its task says, with the cores it has', (t) => {
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
      SMUG: linkSmug(join(folder, 'smug')),
    },
  });
  t.is(status, 0, stderr);
  t.deepEqual(
    index(join(out, 'shards', '2-of-10')).map(({ name }) => name),
    ['a/002.png'],
  );
  t.false(existsSync(join(out, 'shards', '4-of-10')));
});

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
