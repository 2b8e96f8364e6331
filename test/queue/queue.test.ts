// Submit, worker and status on real servers: killed, poisoned, repeated, watched.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { writeTar, writeZip } from '../batch/archive-files.js';
import { batchOf, filesBelow, home, index, jsonLines, pictures } from '../batch/batch-runs.js';
import { check } from '../cli/printed-documents.js';
import { digit, smug } from '../cli/smug.js';
import { determined } from '../support/determined.js';
import { solverAddon, testWith } from '../support/needs.js';
import {
  redis,
  s3Environment,
  startRedis,
  startS3,
  valkey,
  versitygw,
  type Server,
} from '../support/servers.js';
import { startWorker, untilDone, type RunningWorker } from './workers.js';

const address = ({ port }: Server) => ['--redis', `redis://127.0.0.1:${port}`];

const submitOf = (inputs: string[], out: string, server: Server, more: string[] = []) => [
  'submit',
  ...inputs,
  ...['--model', 'builtin:mnist-fc', '--gamma', '0.3', ...determined, '--time-limit', '20', '--out', out],
  ...address(server),
  ...more,
];

/** The same batch without a queue. */
const plainOf = (inputs: string[], out: string) => batchOf(inputs, out, ['--time-limit', '20']);

async function status(server: Server) {
  const { code, stdout, stderr } = await smug(['status', ...address(server), '--json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const pause = (milliseconds: number) => new Promise((wait) => setTimeout(wait, milliseconds));

for (const [name, need] of [
  ['redis-server', redis],
  ['valkey-server', valkey],
] as const)
  testWith(solverAddon, need).serial(
    `${name}: four workers killed at random and the server once: every result once, equal to an undisturbed run`,
    async (t) => {
      t.timeout(300_000);
      const folder = home();
      const count = name === 'redis-server' ? 40 : 24;
      const photos = pictures(folder, count);
      const [plain, out] = [join(folder, 'plain'), join(folder, 'out')];
      t.is((await smug(plainOf([photos], plain))).code, 0);
      const server = await startRedis(name);
      const running = new Set<RunningWorker>();
      try {
        const submitted = await smug(submitOf([photos], out, server, ['--tries', '20', '--json']));
        t.is(submitted.code, 0, submitted.stderr);
        t.like(JSON.parse(submitted.stdout), { images: count, submitted: count });
        let over = false;
        let deaths = 0;
        const lane = async () => {
          while (!over) {
            const worker = startWorker([...address(server), '--lock', '21', '--jobs', '2']);
            running.add(worker);
            const end = await worker.ended;
            running.delete(worker);
            if (end.signal === 'SIGKILL') deaths++;
            else if (!over) t.fail(`${end.code} ${end.stderr}`);
          }
        };
        const lanes = [lane(), lane(), lane(), lane()];
        const finished = () => filesBelow(out).filter((file) => file.startsWith('lines/')).length;
        let restarted = false;
        for (let at = 0; finished() < count; at++) {
          await pause(400);
          if (finished() >= 10 && !restarted) {
            restarted = true;
            await server.kill();
            await pause(500);
            await server.again();
          }
          const victim = [...running][at % 4];
          if (at % 4 === 3 && deaths < 8 && finished() > 0 && victim) victim.child.kill('SIGKILL');
          if (at > 600) throw new Error(`${finished()} of ${count} after four minutes`);
        }
        over = true;
        for (const { child } of running) child.kill('SIGTERM');
        await Promise.all(lanes);
        t.true(restarted);
        t.true(deaths >= 2, `${deaths} deaths`);
        const merged = await smug(['batch', 'merge', out, '--json']);
        t.is(merged.code, 0, merged.stderr);
        t.deepEqual(index(out), index(plain));
        for (const file of filesBelow(plain).filter((each) => each.startsWith('images/')))
          t.true(filesBelow(out).includes(file), file);
      } finally {
        for (const { child } of running) child.kill('SIGKILL');
        await server.close();
      }
    },
  );

testWith(solverAddon, redis)(
  'an image on which workers die is set aside after its tries and named; its neighbours are done',
  async (t) => {
    t.timeout(180_000);
    const folder = home();
    const photos = pictures(folder, 8);
    copyFileSync(digit(3), join(photos, 'a', 'poison.png'));
    writeFileSync(join(photos, 'b', 'bad.png'), 'no picture');
    const out = join(folder, 'out');
    const server = await startRedis('redis-server');
    try {
      const inputs = [photos, join(photos, 'gone.png')];
      const quick = ['--time-limit', '1', '--tries', '3'];
      t.is((await smug(submitOf(inputs, out, server, quick))).code, 0);
      check('queued-batch', JSON.parse(readFileSync(join(out, 'batch.json'), 'utf8')));
      const words = [...address(server), '--lock', '2', '--jobs', '3', '--drain'];
      const { deaths, last } = await untilDone(() => startWorker(words, { faulty: true }));
      t.is(last.code, 0, last.stderr);
      t.is(deaths, 3);
      const now = await status(server);
      t.like(now, { waiting: 0, active: 0, setAside: 1, done: 10 });
      t.like(now.images[0], { name: 'a/poison.png', reason: 'workers died on it, 3 times' });
      const merged = await smug(['batch', 'merge', out, '--json']);
      t.is(merged.code, 1);
      const { reasons, ...counts } = JSON.parse(merged.stdout);
      t.like(counts, { images: 11, failed: 3 });
      t.is(counts.proven + counts.notProven, 8);
      t.deepEqual(reasons.map(({ code }: { code: string }) => code).sort(), [
        'BAD_IMAGE',
        'FILE_NOT_FOUND',
        'SET_ASIDE',
      ]);
      // What was mended is taken up on demand, and only that.
      copyFileSync(digit(1), join(photos, 'b', 'bad.png'));
      const unasked = await smug(submitOf(inputs, out, server, [...quick, '--json']));
      t.like(JSON.parse(unasked.stdout), { submitted: 0, done: 11 });
      const retried = await smug(submitOf(inputs, out, server, [...quick, '--retry', '--json']));
      t.like(JSON.parse(retried.stdout), { submitted: 3, done: 8 });
      const healthy = await startWorker(words).ended;
      const report = JSON.parse(healthy.stdout);
      t.like(report, { failed: 1, known: 0, setAside: 0 });
      t.is(report.proven + report.notProven, 2);
      t.is(JSON.parse((await smug(['batch', 'merge', out, '--json'])).stdout).failed, 1);
      const other = await smug(submitOf(inputs, out, server, [...quick, '--top-k', '20']));
      t.regex(other.stderr, /holds other work/);
    } finally {
      await server.close();
    }
  },
);

testWith(solverAddon, redis)(
  'a busy worker keeps its images: locks are renewed off its event loop',
  async (t) => {
    t.timeout(120_000);
    const folder = home();
    const photos = pictures(folder, 2);
    // Its main thread stands still for two locks' time.
    copyFileSync(digit(3), join(photos, 'a', '00-busy.png'));
    const out = join(folder, 'out');
    const server = await startRedis('redis-server');
    try {
      t.is((await smug(submitOf([photos], out, server, ['--time-limit', '1']))).code, 0);
      const words = [...address(server), '--lock', '2', '--jobs', '1', '--drain'];
      const ends = await Promise.all([0, 1].map(() => startWorker(words, { faulty: true }).ended));
      const reports = ends.map(({ stdout }) => JSON.parse(stdout));
      const done = reports.map(({ proven, notProven }) => proven + notProven);
      t.is(done[0] + done[1], 3);
      t.is(reports[0].known + reports[1].known, 0);
    } finally {
      await server.close();
    }
  },
);

testWith(solverAddon, redis)(
  'whoever submits waits where enough is in the queue; submitted again, nothing is there twice',
  async (t) => {
    t.timeout(120_000);
    const folder = home();
    const photos = pictures(folder, 45);
    const out = join(folder, 'out');
    const server = await startRedis('redis-server');
    try {
      const words = submitOf([photos], out, server, ['--files', 'none', '--backlog', '20']);
      // 20 go in one call, then it waits: interrupted there, and run again.
      const stopped = await smug(words, { interrupt: { when: /20 of 45/ } });
      t.is(stopped.code, 1);
      t.regex(stopped.stderr, /ABORTED/);
      t.like(await status(server), { waiting: 20, active: 0, done: 0, workers: 0, secondsLeft: null });
      const rest = smug([...words, '--json']);
      const { code, stdout, stderr } = await startWorker([...address(server), '--lock', '21', '--drain'])
        .ended;
      t.is(code, 0, stderr);
      t.is((await rest).code, 0);
      // The rest may have come after the worker found the queue empty.
      const more = JSON.parse(
        (await startWorker([...address(server), '--lock', '21', '--drain']).ended).stdout,
      );
      const first = JSON.parse(stdout);
      t.is(first.proven + more.proven + first.notProven + more.notProven, 45);
      // In the moment between looking and adding.
      t.true(first.known + more.known <= 10, `${first.known + more.known} known`);
      const { stdout: text } = await smug(['status', ...address(server), '--prometheus']);
      t.regex(
        text,
        /# TYPE smug_queue_done_total counter\nsmug_queue_done_total\{queue="smug"\} (4[5-9]|5\d)\n/,
      );
      t.regex(
        (await smug(['status', ...address(server), '--watch'])).stdout,
        /smug: 0 waiting, 0 in work by 0 workers, (4[5-9]|5\d) done/,
      );
      t.is((await smug(['batch', 'merge', out])).code, 0);
      t.is(jsonLines(join(out, 'index.jsonl')).length, 45);
    } finally {
      await server.close();
    }
  },
);

testWith(solverAddon, redis)(
  'images of archives, no faster than asked; a worker removes the folder of one that was killed',
  async (t) => {
    t.timeout(120_000);
    const folder = home();
    const [zip, tar] = [join(folder, 'some.zip'), join(folder, 'more.tar')];
    const member = (at: number) => ({ name: `in/${at}.png`, contents: readFileSync(digit(at)) });
    writeZip(zip, [member(0), member(1), member(2)]);
    await writeTar(tar, [member(3), member(4)]);
    const [plain, out, temporary] = ['plain', 'out', 'tmp'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    t.is((await smug(plainOf([zip, tar], plain))).code, 0);
    mkdirSync(temporary);
    const env = { TMPDIR: temporary };
    const server = await startRedis('redis-server');
    try {
      const killed = startWorker(address(server), { env });
      while (!readdirSync(temporary).some((name) => existsSync(join(temporary, name, '.owner.json'))))
        await pause(50);
      killed.child.kill('SIGKILL');
      await killed.ended;
      t.is(readdirSync(temporary).length, 1);
      const submitted = await smug(submitOf([zip, tar], out, server));
      t.is(submitted.code, 0, submitted.stderr);
      const began = performance.now();
      const words = [...address(server), '--lock', '21', '--rate', '2', '--drain'];
      const { code, stderr } = await startWorker(words, { env }).ended;
      t.is(code, 0, stderr);
      // Five images at two per second: the first begins at once.
      t.true(performance.now() - began >= 2000);
      t.deepEqual(readdirSync(temporary), []);
      t.is((await smug(['batch', 'merge', out])).code, 0);
      t.deepEqual(index(out), index(plain));
    } finally {
      await server.close();
    }
  },
);

testWith(
  solverAddon,
  redis,
  versitygw,
)('from a bucket into a bucket, by the queue', async (t) => {
  t.timeout(120_000);
  const folder = home();
  const photos = pictures(folder, 4);
  const [server, s3] = await Promise.all([startRedis('redis-server'), startS3('versitygw')]);
  try {
    const env = s3Environment(s3.port);
    const { openS3Store } = await import('../../dist/store/s3-store.js');
    const store = await openS3Store('s3://bucket', {
      endpoint: env.AWS_ENDPOINT_URL,
      credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
      region: 'us-east-1',
    });
    for (const file of filesBelow(photos))
      await store.write(`photos/${file}`, readFileSync(join(photos, file)));
    const out = 's3://bucket/results';
    const submitted = await smug(submitOf(['s3://bucket/photos'], out, server), { env });
    t.is(submitted.code, 0, submitted.stderr);
    const end = await startWorker([...address(server), '--drain'], { env }).ended;
    t.is(end.code, 0, end.stderr);
    const here = join(folder, 'joined');
    const merged = await smug(['batch', 'merge', out, '--out', here], { env });
    t.is(merged.code, 0, merged.stderr);
    t.deepEqual((await store.read('results/index.jsonl'))!, readFileSync(join(here, 'index.jsonl')));
    const plain = join(folder, 'plain');
    await smug(plainOf([photos], plain));
    const withoutInput = (line: Record<string, unknown>) => ({ ...line, input: '' });
    t.deepEqual(index(here).map(withoutInput), index(plain).map(withoutInput));
  } finally {
    await Promise.all([server.close(), s3.close()]);
  }
});

test('without a server, and with names that are none, the error says so', async (t) => {
  for (const [words, code, message] of [
    [
      ['status', '--redis', 'redis://127.0.0.1:1'],
      1,
      /QUEUE_FAILED: redis:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/,
    ],
    [['status', '--redis', 'http://x'], 2, /--redis must be redis:/],
    [
      ['worker', '--redis', 'redis://user:secret@127.0.0.1:1'],
      1,
      /QUEUE_FAILED: redis:\/\/127\.0\.0\.1:1 does not/,
    ],
    [['worker', 'x'], 2, /unexpected|takes/],
    [['submit', digit(1), '--out', 'x'], 2, /--model is required/],
    [['submit', digit(1), '--model', 'm', '--out', 'x', '--gamma', '2'], 2, /--gamma must be/],
    [['status', '--queue', 'a b'], 2, /--queue must be a name/],
  ] as [string[], number, RegExp][]) {
    const run = await smug(words, { cwd: home() });
    t.is(run.code, code, `${words.join(' ')}: ${run.stderr}`);
    t.regex(run.stderr, message);
  }
});
