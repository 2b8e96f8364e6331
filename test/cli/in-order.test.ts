import test from 'ava';
import { inOrder } from '../../dist/cli/in-order.js';

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const never = new AbortController().signal;

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

test('results come in the order of the items, no more at once than asked for', async (t) => {
  let running = 0;
  let most = 0;
  const work = async (item: number, at: number) => {
    t.is(item, at * 10);
    most = Math.max(most, ++running);
    await later(item % 30 === 0 ? 15 : 1);
    running--;
    return item;
  };
  const items = Array.from({ length: 20 }, (_, at) => at * 10);
  t.deepEqual(await all(inOrder(items, 3, never, work)), items);
  t.is(most, 3);
  t.deepEqual(await all(inOrder([], 3, never, work)), []);
});

test('an item that comes alone is answered before the next one comes', async (t) => {
  const answered: number[] = [];
  async function* oneByOne() {
    for (let item = 0; item < 5; item++) {
      t.is(answered.length, item);
      yield item;
      // The answer must be out while the source still waits.
      for (let wait = 0; wait < 200 && answered.length <= item; wait++) await later(2);
    }
  }
  for await (const value of inOrder(oneByOne(), 4, never, async (item) => item)) answered.push(value);
  t.deepEqual(answered, [0, 1, 2, 3, 4]);
});

test('an abort ends a wait for items that never come, and lets begun work finish', async (t) => {
  const controller = new AbortController();
  async function* stalled() {
    yield 1;
    yield 2;
    await new Promise(() => {});
  }
  setTimeout(() => controller.abort(), 30);
  t.deepEqual(await all(inOrder(stalled(), 1, controller.signal, async (item) => item)), [1, 2]);

  const second = new AbortController();
  const work = async (item: number) => {
    if (item === 1) second.abort();
    await later(5);
    return item;
  };
  t.deepEqual(await all(inOrder([0, 1, 2, 3], 2, second.signal, work)), [0, 1]);
});
