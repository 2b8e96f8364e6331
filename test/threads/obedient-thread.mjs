// A thread that does what it is told, for the tests of the pool.
import { parentPort, threadId } from 'node:worker_threads';

parentPort.on('message', ({ order, value, flag }) => {
  if (order === 'answer') parentPort.postMessage({ threadId, value });
  else if (order === 'throw') throw new Error(value);
  else if (order === 'exit') process.exit(value);
  else if (order === 'deaf') for (;;);
  else if (order === 'wait') {
    const poll = setInterval(() => {
      if (Atomics.load(flag, 0) === 0) return;
      clearInterval(poll);
      parentPort.postMessage({ threadId, value: 'stopped' });
    }, 5);
  }
});
