import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { converse } from '../../dist/threads/converse.js';
import { ThreadPool, type PoolOptions } from '../../dist/threads/thread-pool.js';
import { ThreadFault, type WorkerThread } from '../../dist/threads/worker-thread.js';

interface Order {
  order: 'answer' | 'throw' | 'exit' | 'deaf' | 'wait';
  value?: unknown;
  flag?: Int32Array;
}
interface Answer {
  threadId: number;
  value: unknown;
}
type Thread = WorkerThread<Order, Answer>;

const entry = new URL('./obedient-thread.mjs', import.meta.url);

function newPool(options: PoolOptions): ThreadPool<Order, Answer> {
  return new ThreadPool({ name: 'The thread', entry, quiet: true }, options);
}

function ask(thread: Thread, order: Order): Promise<Answer> {
  return converse<Order, Answer, Answer>(thread, {
    begin: () => thread.post(order),
    hear: (message) => message,
  });
}

async function answerOf(pool: ThreadPool<Order, Answer>, value: unknown): Promise<Answer> {
  const thread = (await pool.take())!;
  try {
    return await ask(thread, { order: 'answer', value });
  } finally {
    pool.give(thread);
  }
}

test('more work than threads waits its turn, and threads are used again', async (t) => {
  const pool = newPool({ size: 2 });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => answerOf(pool, i)));
  t.deepEqual(
    answers.map(({ value }) => value),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  t.is(new Set(answers.map(({ threadId }) => threadId)).size, 2);
  t.is(pool.threads.length, 2);
  await pool.end();
});

test('whoever waits can leave the queue: by signal, by deadline', async (t) => {
  const pool = newPool({ size: 1 });
  const thread = (await pool.take())!;
  const controller = new AbortController();
  const left = [
    pool.take({ signal: controller.signal }),
    pool.take({ deadline: performance.now() + 20 }),
    pool.take({ deadline: Infinity }),
    // Further than a timer can count: it must not fire at once.
    pool.take({ deadline: performance.now() + 1e12 }),
  ];
  controller.abort();
  t.is(await left[0], null);
  t.is(await left[1], null);
  t.is(await pool.take({ signal: AbortSignal.abort() }), null);
  pool.give(thread);
  t.is(await left[2], thread);
  pool.give(thread);
  t.is(await left[3], thread);
  await pool.end();
});

for (const [order, pattern] of [
  [{ order: 'throw', value: 'no luck' }, /^The thread failed: no luck$/],
  [{ order: 'exit', value: 3 }, /^The thread ended with status 3 before its work was done$/],
] as const) {
  test(`a thread that dies (${order.order}) is a fault, and is replaced`, async (t) => {
    const pool = newPool({ size: 1 });
    const thread = (await pool.take())!;
    const next = answerOf(pool, 'next');
    const fault = await t.throwsAsync<ThreadFault>(ask(thread, order), { instanceOf: ThreadFault });
    t.regex(fault.message, pattern);
    t.false(fault.outOfMemory);
    t.true(thread.ended);
    pool.give(thread);
    t.is((await next).value, 'next');
    t.is(pool.threads.length, 1);
    await pool.end();
  });
}

test('an idle thread that dies is forgotten', async (t) => {
  const pool = newPool({ size: 1 });
  const thread = (await pool.take())!;
  const died = new Promise<ThreadFault>((resolve) => thread.listen({ message: () => {}, failed: resolve }));
  thread.post({ order: 'exit', value: 0 });
  pool.give(thread);
  await died;
  t.is(pool.threads.length, 0);
  t.is((await answerOf(pool, 1)).value, 1);
  await pool.end();
});

test('a thread is asked to stop, and ended where it does not hear', async (t) => {
  const pool = newPool({ size: 1 });
  for (const order of ['wait', 'deaf'] as const) {
    const thread = (await pool.take())!;
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const answer = await converse<Order, Answer, unknown>(thread, {
      begin: () => thread.post({ order, flag }),
      hear: ({ value }) => value,
      early: {
        signal: controller.signal,
        stop: () => Atomics.store(flag, 0, 1),
        graceMs: order === 'wait' ? 10_000 : 30,
        abandoned: () => 'abandoned',
      },
    });
    t.is(answer, order === 'wait' ? 'stopped' : 'abandoned');
    t.is(thread.ended, order === 'deaf');
    pool.give(thread);
  }
  await pool.end();
});

test('a message that cannot be sent is an error; the thread stays', async (t) => {
  const pool = newPool({ size: 1 });
  const thread = (await pool.take())!;
  // A DOMException, which the assertion library does not take for an error.
  const refused = await ask(thread, { order: 'answer', value: () => {} }).catch(
    (error: DOMException) => error,
  );
  t.is((refused as DOMException).name, 'DataCloneError');
  t.is((await ask(thread, { order: 'answer', value: 2 })).value, 2);
  await pool.end();
});

test('idle threads end after a while, unless they hold something', async (t) => {
  let held = true;
  const pool = newPool({ size: 1, idleMs: 30, keepsIdle: () => held });
  await answerOf(pool, 1);
  // Timers of idle threads do not keep a process alive: this one does.
  await new Promise((resolve) => setTimeout(resolve, 150));
  t.is(pool.threads.length, 1);
  held = false;
  await new Promise((resolve) => setTimeout(resolve, 150));
  t.is(pool.threads.length, 0);
});

test('the end of the pool fails what runs', async (t) => {
  const pool = newPool({ size: 1 });
  const thread = (await pool.take())!;
  const running = ask(thread, { order: 'wait', flag: new Int32Array(new SharedArrayBuffer(4)) });
  await Promise.all([t.throwsAsync(running, { message: 'The thread was ended' }), pool.end()]);
});

for (const where of ['main', 'nested']) {
  test(`idle threads do not keep the process alive (${where})`, async (t) => {
    const script = fileURLToPath(new URL('./pooled-process.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, where], { timeout: 60_000 });
    t.is(stdout, '7\n7\n');
  });
}
