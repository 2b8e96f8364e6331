import { badOption } from '../errors.js';

/** One of the parts into which a batch is cut: images at `index - 1`, `index - 1 + count`, … of its list. */
export interface Shard {
  /** From 1 to `count`. */
  index: number;
  count: number;
}

interface Asked {
  /** `i/n`, i from 1. */
  shard?: string;
  /** n, where the machine says i. */
  shards?: number;
}

/**
 * The shard that was asked for, or that this process is, as the engine that started it says: a Kubernetes Indexed Job by
 * `JOB_COMPLETION_INDEX` (from 0; how many there are by `shards` or `JOB_COMPLETIONS`), a Slurm array by `SLURM_ARRAY_TASK_ID`
 * (from 0 or 1, without gaps; `SLURM_ARRAY_TASK_COUNT` or `shards`). Undefined: the whole batch.
 *
 * @throws RangeError that names the option or the variable
 */
export function chooseShard(
  { shard, shards }: Asked,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Shard | undefined {
  if (shard !== undefined) return writtenShard(shard, shards);
  const { JOB_COMPLETION_INDEX: job, SLURM_ARRAY_TASK_ID: task } = environment;
  if (job !== undefined && job !== '') return kubernetesShard(environment, shards);
  if (task !== undefined && task !== '') return slurmShard(environment, shards);
  if (shards === undefined || shards === 1) return undefined;
  throw badOption(
    '--shards',
    shards,
    'given with --shard, or where JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID says which shard this is',
  );
}

function writtenShard(shard: string, shards: number | undefined): Shard | undefined {
  const [, index, count] = /^(\d{1,9})\/(\d{1,9})$/.exec(shard)?.map(Number) ?? [];
  if (index === undefined || index < 1 || index > count)
    throw badOption('--shard', shard, 'i/n with i from 1 to n, as 1/4');
  if (shards !== undefined && shards !== count)
    throw badOption('--shards', shards, `${count}, as in --shard ${shard}`);
  return count === 1 ? undefined : { index, count };
}

type Environment = Readonly<Record<string, string | undefined>>;

function kubernetesShard(environment: Environment, shards: number | undefined): Shard | undefined {
  const at = whole(environment, 'JOB_COMPLETION_INDEX')!;
  const count = shards ?? whole(environment, 'JOB_COMPLETIONS');
  if (count === undefined)
    throw badOption(
      'JOB_COMPLETION_INDEX',
      String(at),
      'given with the number of shards: --shards N, or JOB_COMPLETIONS=N in the environment',
    );
  if (at >= count) throw badOption('JOB_COMPLETION_INDEX', at, `below the number of shards, ${count}`);
  return count === 1 ? undefined : { index: at + 1, count };
}

function slurmShard(environment: Environment, shards: number | undefined): Shard | undefined {
  const id = whole(environment, 'SLURM_ARRAY_TASK_ID')!;
  const stated = whole(environment, 'SLURM_ARRAY_TASK_COUNT');
  const first = whole(environment, 'SLURM_ARRAY_TASK_MIN');
  const last = whole(environment, 'SLURM_ARRAY_TASK_MAX');
  // With the number given, tasks count from 0: a few of them can be handed in once more, as `--array=3,7`.
  const count = shards ?? stated;
  if (count === undefined)
    throw badOption('SLURM_ARRAY_TASK_ID', String(id), 'given with SLURM_ARRAY_TASK_COUNT or --shards N');
  const from = shards === undefined ? (first ?? 0) : 0;
  const gaps =
    shards === undefined && first !== undefined && last !== undefined && last - first + 1 !== count;
  if (from > 1 || gaps)
    throw badOption(
      'SLURM_ARRAY_TASK_ID',
      String(id),
      `of a whole array, as --array=0-9 or 1-10; with a part of one say how many shards there are and count them from 0: --shards N`,
    );
  if (id < from || id >= from + count)
    throw badOption(
      'SLURM_ARRAY_TASK_ID',
      id,
      `from ${from} to ${from + count - 1}, as there are ${count} shards`,
    );
  return count === 1 ? undefined : { index: id - from + 1, count };
}

function whole(environment: Environment, name: string): number | undefined {
  const value = environment[name];
  if (value === undefined || value === '') return undefined;
  if (!/^\d{1,9}$/.test(value)) throw badOption(name, value, 'a whole number from 0');
  return Number(value);
}
