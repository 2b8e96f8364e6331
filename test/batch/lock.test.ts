// One process at a time on a journal, on this machine and on others; what a kill left behind goes.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Journal } from '../../dist/files/journal.js';
import { Lock } from '../../dist/files/lock.js';
import { projectRoot, smug } from '../cli/smug.js';
import { batchOf, filesBelow, home, index, jsonLines, pictures } from './batch-runs.js';
import { solverAddon, testWith } from '../support/needs.js';

// What is done with many images is the same without the addon, where every proof takes ten times as long: minutes here.
const test = testWith(solverAddon);

const locksBeside = (path: string) =>
  readdirSync(dirname(path)).filter((name) => name.endsWith('.lock') || name.endsWith('.part'));

/** A lock as another process would leave it. */
function strange(path: string, holder: Record<string, unknown>): string {
  const file = join(dirname(path), '.journal.jsonl.0123456789ab.lock');
  writeFileSync(file, JSON.stringify({ host: 'far', machine: 'far', pid: 7, began: '', ...holder }));
  return file;
}

const ours = (path: string) => {
  const [name] = locksBeside(path);
  return JSON.parse(readFileSync(join(dirname(path), name), 'utf8')) as Record<string, unknown>;
};

test('a lock keeps others away until it is released', async (t) => {
  const path = join(home(), 'journal.jsonl');
  const lock = await Lock.take(path);
  t.is(locksBeside(path).length, 1);
  await t.throwsAsync(Lock.take(path), {
    code: 'BAD_INPUT',
    message: new RegExp(`^Process ${process.pid} on .* is working on ${path}\\. Let it end`),
  });
  await lock.release();
  t.deepEqual(locksBeside(path), []);
  await (await Lock.take(path)).release();
});

test('of several that begin at once at most one goes on, and mostly one does', async (t) => {
  const path = join(home(), 'journal.jsonl');
  let taken = 0;
  for (let round = 0; round < 10; round++) {
    const ends = await Promise.allSettled(Array.from({ length: 3 }, () => Lock.take(path)));
    const locks = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    t.true(locks.length <= 1);
    taken += locks.length;
    for (const lock of locks) await lock.release();
  }
  // All may have stepped back for each other five times over.
  t.true(taken >= 5, `${taken} of 10`);
});

test('of a process that is gone the lock is left over; so it is where its number belongs to another one now', async (t) => {
  const path = join(home(), 'journal.jsonl');
  const lock = await Lock.take(path);
  const { machine, began } = ours(path);
  await lock.release();
  const gone = strange(path, { machine, pid: 2 ** 22 - 1, began });
  await (await Lock.take(path)).release();
  t.false(existsSync(gone));
  if (began !== '') {
    strange(path, { machine, pid: process.pid, began: 'earlier' });
    await (await Lock.take(path)).release();
  }
  t.deepEqual(locksBeside(path), []);
});

test('on another machine, whose processes cannot be seen, a lock lasts while it is touched', async (t) => {
  const path = join(home(), 'journal.jsonl');
  const file = strange(path, {});
  let clock = 1_000_000;
  const touching = setInterval(() => utimesSync(file, ++clock, clock), 50);
  await t.throwsAsync(Lock.take(path, 400), { message: /Process 7 on far is working/ });
  clearInterval(touching);
  const before = performance.now();
  const lock = await Lock.take(path, 400);
  t.true(performance.now() - before >= 399);
  t.false(existsSync(file));
  await lock.release();
});

test('a process that lost its lock while it stood still writes nothing more', async (t) => {
  const path = join(home(), 'journal.jsonl');
  const journal = await Journal.open<{ n: number }>(path, { work: 1 }, () => {});
  await journal.add({ n: 1 });
  const [name] = locksBeside(path);
  rmSync(join(dirname(path), name));
  await t.throwsAsync(journal.add({ n: 2 }), {
    code: 'BAD_INPUT',
    message: /another one went on with its work/,
  });
  await t.throwsAsync(journal.add({ n: 3 }), { code: 'BAD_INPUT' });
  await journal.close();
  t.is(jsonLines(path).length, 2);
});

test('a second batch on the same folder is refused while the first works, and goes on at once when that was killed', async (t) => {
  const folder = home();
  const photos = pictures(folder, 30);
  const out = join(folder, 'out');
  const words = batchOf([photos], out);
  const first = spawn(process.execPath, [join(projectRoot, 'dist', 'cli.js'), ...words], { stdio: 'ignore' });
  const ended = new Promise((resolve) => first.on('close', (_, signal) => resolve(signal)));
  while (jsonLines(join(out, 'journal.jsonl')).length < 2) await new Promise((wait) => setTimeout(wait, 5));
  // Stopped, it cannot have ended before the second begins.
  first.kill('SIGSTOP');
  const second = await smug(words);
  t.is(second.code, 1);
  t.regex(second.stderr, new RegExp(`BAD_INPUT: Process ${first.pid} on .* is working on .*journal\\.jsonl`));
  first.kill('SIGKILL');
  t.is(await ended, 'SIGKILL');
  const third = await smug(words);
  t.is(third.code, 0, third.stderr);
  t.is(index(out).length, 30);
  t.deepEqual(
    filesBelow(out).filter((name) => /\.(lock|part)$/.test(name)),
    [],
  );
});

test('what a kill left unfinished goes: of the images that are to be done, and no others', async (t) => {
  const folder = home();
  const photos = pictures(folder, 2);
  const out = join(folder, 'out');
  const unfinished = '0123456789ab.part';
  mkdirSync(join(out, 'images', 'a'), { recursive: true });
  const left = [`.journal.jsonl.${unfinished}`, join('images', 'a', `.000.png.overlay.png.${unfinished}`)];
  const others = [
    // Of an image of another shard; of a user.
    join('images', 'a', `.002.png.json.${unfinished}`),
    join('images', 'a', '.000.png.part'),
  ];
  for (const file of [...left, ...others]) writeFileSync(join(out, file), '');
  t.is((await smug(batchOf([photos], out))).code, 0);
  for (const file of left) t.false(existsSync(join(out, file)), file);
  for (const file of others) t.true(existsSync(join(out, file)), file);
});
