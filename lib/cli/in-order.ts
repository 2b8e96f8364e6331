/**
 * Runs `work` on every item, up to `atOnce` of them at a time, and yields the results in the order of the items, each as
 * soon as those before it are out: whoever feeds items one by one gets the answer to each without sending the next.
 * Items not yet begun when `signal` aborts are left out. `work` must not reject.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  atOnce: number,
  signal: AbortSignal,
  work: (item: Item, at: number) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const source = iterate(items);
  const running: Promise<Result>[] = [];
  let coming: Promise<IteratorResult<Item>> | undefined;
  let ended = false;
  for (let at = 0; ;) {
    const open = !ended && !signal.aborted;
    if (running.length === 0 && !open) return;
    if (open && running.length < atOnce) coming ??= source.next();
    const [first] = running;
    const free = open && running.length < atOnce ? coming : undefined;
    // An item that is there already fills its place before a result that is there, too, goes out.
    const item = free && (await firstOf(free, first, signal));
    if (item === undefined) {
      if (first === undefined) continue;
      void running.shift();
      yield await first;
      continue;
    }
    coming = undefined;
    if (item.done) ended = true;
    else running.push(work(item.value, at++));
  }
}

/** What `item` gives, or undefined where something else is settled first: `other`, or without one the signal. */
async function firstOf<Value>(
  item: Promise<Value>,
  other: Promise<unknown> | undefined,
  signal: AbortSignal,
): Promise<Value | undefined> {
  if (other !== undefined) return Promise.race([item, other.then(() => undefined)]);
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => (stop = () => resolve(undefined)));
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([item, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function iterate<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncIterator<Item> {
  if (Symbol.asyncIterator in items) return items[Symbol.asyncIterator]();
  const iterator = items[Symbol.iterator]();
  return { next: async () => iterator.next() };
}
