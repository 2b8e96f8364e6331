// What a large body costs the thread that serves everybody, in seconds of its processor: no more than reading it a few times.
import test from 'ava';
import { fromBase64, isBase64 } from '../../dist/server/http/read-input.js';
import { digit, digitsService, imageRequest } from './digits-service.js';

async function processorSeconds(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

test.serial(
  'bytes are not looked at one by one: a large image is answered as soon as it is read',
  async (t) => {
    const { url } = await digitsService(t, { model: ['digits=builtin:mnist-cnn'] });
    const image = await digit(3);
    // What follows an image's end is no part of it.
    const large = Buffer.concat([image, Buffer.alloc(16 * 2 ** 20)]);
    const ask = async (body: Uint8Array) =>
      (await fetch(`${url}/v1/explain?gamma=0.5`, imageRequest(body))).status;
    t.is(await ask(large), 200);
    // Known by now: hashed, and answered from the cache. A name for every byte took 3 s.
    t.true((await processorSeconds(() => ask(large))) < 1);
  },
);

test.serial('base64 is told from other text in a time that grows with its length', async (t) => {
  const bytes = Buffer.from([0, 255, 254, 17, 3]);
  for (const text of [
    bytes.toString('base64'),
    bytes.toString('base64url'),
    `data:image/png;base64,${bytes.toString('base64')}`,
    ` AP/+\n EQM= \n`,
  ])
    t.deepEqual(Buffer.from(fromBase64(text, 'image')), bytes);
  for (const text of ['AP/+EQM===', 'AP/+=EQM', 'AP/+EQM!', 'data:image/png,AP/+EQM=', '= AP/+'])
    t.throws(() => fromBase64(text, 'image'), { code: 'BAD_INPUT' }, text);
  t.throws(() => fromBase64('', 'image'), { code: 'BAD_INPUT', message: /empty/ });
  const space = ' '.repeat(2 ** 20);
  for (const text of [`A${space}!`, `A=${space}!`, `${space}=${space}=`, `data:${space}`])
    t.true((await processorSeconds(() => t.false(isBase64(text)))) < 1);
});
