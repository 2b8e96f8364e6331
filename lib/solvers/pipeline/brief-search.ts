import { setImmediate } from 'node:timers/promises';
import { hasDenseRows } from '../../masks/dense-rows.js';
import type { ComponentState } from './component-state.js';
import { LocalSearch } from '../search/local-search.js';

/** Work for few dense rows, a tenth of a second, and for the sparse ones of convolutions, a few milliseconds. */
const DENSE_WORK = 15_000_000;
const SPARSE_WORK = 500_000;
const SLICE = 500_000;

/**
 * Local search on a component that provers are to solve: it finds what mostly proves to be the minimum long before
 * they do, and they then need only say that nothing is smaller. A fixed amount of work, whatever the time it takes.
 */
export async function searchBriefly(state: ComponentState): Promise<void> {
  const { signal, seed } = state.context;
  const { floor } = state.model;
  const most = hasDenseRows(floor) ? DENSE_WORK : SPARSE_WORK;
  const search = new LocalSearch(floor, { seed, initial: state.best ?? undefined });
  for (let work = 0; work < most && !signal.aborted; work += SLICE) {
    search.run(SLICE);
    if (search.bestSize < state.seenSize) state.show(search.best.slice());
    await setImmediate();
  }
  state.offer(search.best.slice());
}
