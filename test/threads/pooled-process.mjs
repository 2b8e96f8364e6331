// Uses a pool of threads, in the main thread or (argument `nested`) in a worker thread: the process must
// then end by itself although threads are idle.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { converse } from '../../dist/threads/converse.js';
import { ThreadPool } from '../../dist/threads/thread-pool.js';

if (isMainThread && process.argv[2] === 'nested') {
  const worker = new Worker(new URL(import.meta.url));
  worker.on('message', (value) => console.log(value));
} else {
  const entry = new URL('./obedient-thread.mjs', import.meta.url);
  const pool = new ThreadPool({ name: 'The thread', entry, quiet: true }, { size: 2 });
  const threads = await Promise.all([pool.take(), pool.take()]);
  for (const thread of threads) {
    const { value } = await converse(thread, {
      begin: () => thread.post({ order: 'answer', value: 7 }),
      hear: (message) => message,
    });
    pool.give(thread);
    if (isMainThread) console.log(value);
    else parentPort.postMessage(value);
  }
}
