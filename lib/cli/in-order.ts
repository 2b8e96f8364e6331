/**
 * Runs `work` on every item, up to `atOnce` of them at a time, and yields the results in the order of the items. Items
 * not yet begun when `signal` aborts are left out. `work` must not reject.
 */
export async function* inOrder<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  signal: AbortSignal,
  work: (item: Item, at: number) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const running: Promise<Result>[] = [];
  for (let next = 0; next < items.length || running.length > 0;) {
    while (running.length < atOnce && next < items.length && !signal.aborted) {
      running.push(work(items[next], next));
      next++;
    }
    const first = running.shift();
    if (first === undefined) return;
    yield await first;
  }
}
