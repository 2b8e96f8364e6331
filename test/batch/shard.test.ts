import test from 'ava';
import { chooseShard } from '../../dist/batch/shard.js';

test('the shard that was asked for comes first, then Kubernetes, then Slurm', (t) => {
  const slurm = {
    SLURM_ARRAY_TASK_ID: '5',
    SLURM_ARRAY_TASK_MIN: '1',
    SLURM_ARRAY_TASK_MAX: '8',
    SLURM_ARRAY_TASK_COUNT: '8',
  };
  const job = { JOB_COMPLETION_INDEX: '0', JOB_COMPLETIONS: '3' };
  t.deepEqual(chooseShard({ shard: '2/4' }, { ...job, ...slurm }), { index: 2, count: 4 });
  t.deepEqual(chooseShard({}, { ...job, ...slurm }), { index: 1, count: 3 });
  t.deepEqual(chooseShard({ shards: 9 }, job), { index: 1, count: 9 });
  t.deepEqual(chooseShard({}, slurm), { index: 5, count: 8 });
  const fromZero = { ...slurm, SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_MAX: '7' };
  t.deepEqual(chooseShard({}, fromZero), { index: 6, count: 8 });
  t.is(chooseShard({}, {}), undefined);
  t.is(chooseShard({ shard: '1/1' }, job), undefined);
});

test('a part of a Slurm array, handed in once more, is no array of its own', (t) => {
  const again = {
    SLURM_ARRAY_TASK_ID: '7',
    SLURM_ARRAY_TASK_MIN: '3',
    SLURM_ARRAY_TASK_MAX: '7',
    SLURM_ARRAY_TASK_COUNT: '2',
  };
  t.throws(() => chooseShard({}, again), { message: /SLURM_ARRAY_TASK_ID must be of a whole array/ });
  t.deepEqual(chooseShard({ shards: 10 }, again), { index: 8, count: 10 });
});

test('what cannot be a shard is named', (t) => {
  for (const [asked, environment, message] of [
    [{ shard: '5/4' }, {}, /--shard must be/],
    [{ shard: '1/2', shards: 3 }, {}, /--shards must be 2/],
    [{ shard: 'a/b' }, {}, /--shard must be/],
    [{}, { JOB_COMPLETION_INDEX: '2' }, /JOB_COMPLETIONS=N/],
    [{ shards: 2 }, { JOB_COMPLETION_INDEX: '2' }, /below the number of shards, 2/],
    [{}, { JOB_COMPLETION_INDEX: 'x', JOB_COMPLETIONS: '2' }, /JOB_COMPLETION_INDEX must be a whole number/],
    [{}, { SLURM_ARRAY_TASK_ID: '2' }, /SLURM_ARRAY_TASK_COUNT/],
    [{ shards: 2 }, { SLURM_ARRAY_TASK_ID: '2' }, /from 0 to 1/],
    [{ shards: 2 }, {}, /--shards must be given with --shard/],
  ] as const)
    t.throws(() => chooseShard(asked, environment), { instanceOf: RangeError, message });
});
