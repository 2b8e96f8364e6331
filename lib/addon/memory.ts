import { availableParallelism } from 'node:os';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { loadAddon } from '../addon.js';

/** The addon's side of it, see binding/memory_binding.cc. */
interface MemoryPart {
  suggestCollection(): void;
  limitArenas(most: number): void;
  returnBlocksFrom(bytes: number): void;
  trimMemory(): Promise<void>;
}

/** A round that had begun before something was dropped may still keep it; the next does not. */
const ROUNDS = 2;
/** Milliseconds. */
const PATIENCE = 100;
const FREEING = 20;

/**
 * Solutions and milliseconds between two trims, at the least. The threads of a solver and an engine leave the allocator's lists in pieces:
 * beside 0.1 GB in use, half a gigabyte lay free after 600 digits. A trim takes 5 to 150 ms of one core.
 */
const SOLUTIONS = 64;
const APART = 5000;

let since = 0;
let trimmedAt = 0;
let trimming = false;

/** After every solution: from time to time what the process freed goes back to the system, beside whatever comes next. */
export function noteSolution(): void {
  if (++since < SOLUTIONS || trimming || performance.now() - trimmedAt < APART) return;
  const part = memoryPart();
  if (part === null) return;
  trimming = true;
  since = 0;
  const end = () => {
    trimming = false;
    trimmedAt = performance.now();
  };
  // Memory that stays is nobody's failure.
  part.trimMemory().then(end, end);
}

/** glibc's own first limit, which it gives up as soon as a larger block is freed. */
const OWN_PAGES = 128 * 2 ** 10;

/**
 * For a process of our own that runs long, at its start; what the environment says of either, stands.
 *
 * glibc gives threads up to eight arenas a core, and what solvers' threads free in one helps none of the others: after 3,000 requests a service
 * on two cores held 200 MB in them for the 40 in use, and ever more. Threads that run already keep theirs: it then holds some 120 MB, and 80
 * with `MALLOC_ARENA_MAX=2` in the environment.
 *
 * And it takes blocks of up to 32 MB from those arenas once it has seen such a block freed. Activations and scores, some MB each, then lie
 * among small ones that live longer: over 8,000 digits a batch grew by 100 MB. As pages of their own they go back when they are freed.
 */
export function holdLittleMemory(): void {
  const part = memoryPart();
  const { MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_ } = process.env;
  if (MALLOC_ARENA_MAX === undefined) part?.limitArenas(Math.max(2, availableParallelism()));
  if (MALLOC_MMAP_THRESHOLD_ === undefined && MALLOC_TRIM_THRESHOLD_ === undefined)
    part?.returnBlocksFrom(OWN_PAGES);
}

/**
 * Gives the system back what JavaScript dropped just now. Without it the collector would not look again for long,
 * since the event loop is about to wait for native threads; and what it frees would stay in the allocator's lists,
 * where those threads do not take it from.
 */
export async function handBackMemory(): Promise<void> {
  const part = memoryPart();
  if (part === null) return;
  for (let round = 0; round < ROUNDS; round++) await fullCollection(part);
  // Arrays are freed on other threads, a moment later.
  await new Promise((resolve) => setTimeout(resolve, FREEING));
  await part.trimMemory();
}

function memoryPart(): MemoryPart | null {
  return loadAddon() as unknown as MemoryPart | null;
}

/** Ends with the garbage collector's next full round, or when patience does. */
function fullCollection(part: MemoryPart): Promise<void> {
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
