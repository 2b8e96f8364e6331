// Entry point of an improvement worker: searches masks, or lifts bounds, of large components for as long as it lives.
import { parentPort } from 'node:worker_threads';
import { fastestBlockSearch } from '../bounds/block-search.js';
import { ComponentBound } from '../bounds/component-bound.js';
import type { FromImprovement, ToImprovement } from './improvement-messages.js';
import { LocalSearch } from '../search/local-search.js';

/** Work of one slice of search, a few milliseconds. */
const SLICE_WORK = 500_000;
/** A bound travels with its evidence, which may be a megabyte. */
const BOUND_INTERVAL_MS = 250;

interface Task {
  step(): void;
  offer?(mask: Uint8Array): void;
}

const port = parentPort!;
const tasks = new Map<string, Task>();
const tell = (message: FromImprovement) => port.postMessage(message);
let running = false;

port.on('message', (message: ToImprovement) => {
  const { kind, id } = message;
  if (kind === 'search') tasks.set(`search ${id}`, searchTask(message));
  else if (kind === 'bound') tasks.set(`bound ${id}`, boundTask(message));
  else if (kind === 'offer') tasks.get(`search ${id}`)?.offer?.(message.mask);
  else for (const name of [`search ${id}`, `bound ${id}`]) tasks.delete(name);
  void work();
});

/** All tasks in turns. */
async function work(): Promise<void> {
  if (running) return;
  running = true;
  while (tasks.size > 0) {
    for (const task of [...tasks.values()]) {
      task.step();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  running = false;
}

function searchTask({ id, component, seed, initial }: ToImprovement & { kind: 'search' }): Task {
  const search = new LocalSearch(component, { seed, initial: initial ?? undefined });
  let told = Infinity;
  return {
    step() {
      search.run(SLICE_WORK);
      if (search.bestSize >= told) return;
      told = search.bestSize;
      tell({ kind: 'mask', id, mask: search.best.slice() });
    },
    offer(mask) {
      if (search.offer(mask)) told = search.bestSize;
    },
  };
}

function boundTask({ id, component, native }: ToImprovement & { kind: 'bound' }): Task {
  const bound = new ComponentBound(component, fastestBlockSearch(native));
  let told = 0;
  let last = -Infinity;
  return {
    step() {
      bound.step();
      if (bound.bound <= told || performance.now() - last < BOUND_INTERVAL_MS) return;
      told = bound.bound;
      last = performance.now();
      tell({ kind: 'bound', id, bound: told, evidence: bound.evidence() });
    },
  };
}
