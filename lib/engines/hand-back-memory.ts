import { constants, PerformanceObserver } from 'node:perf_hooks';
import type { NativePart } from './native-part.js';

/** A round that had begun before something was dropped may still keep it; the next does not. */
const ROUNDS = 2;
/** Milliseconds. */
const PATIENCE = 100;
const FREEING = 20;

/**
 * Gives the system back what JavaScript dropped just now. Without it the collector would not look again for long,
 * since the event loop is about to wait for native threads; and what it frees would stay in the allocator's lists,
 * where those threads do not take it from.
 */
export async function handBackMemory(part: NativePart): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await fullCollection(part);
  // Arrays are freed on other threads, a moment later.
  await new Promise((resolve) => setTimeout(resolve, FREEING));
  part.trimMemory();
}

/** Ends with the garbage collector's next full round, or when patience does. */
function fullCollection(part: NativePart): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(patience);
      observer.disconnect();
      resolve();
    };
    const patience = setTimeout(end, PATIENCE);
    const observer = new PerformanceObserver((list) => {
      if (list.getEntries().some(isFull)) end();
    });
    observer.observe({ entryTypes: ['gc'] });
    part.suggestCollection();
  });
}

function isFull(entry: object): boolean {
  const { detail } = entry as { detail?: { kind?: number } };
  return detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
