// Of an animation the first frame is read, as Pillow does, and every way to a result says so.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { decodeImage } from '../../dist/input/decode.js';
import { framesOfPng } from '../../dist/input/frames.js';
import { attributeImage, explainImage, loadModel } from '../../dist/index.js';
import { index } from '../batch/batch-runs.js';
import { digit, smug } from '../cli/smug.js';
import { digitsService, imageRequest } from '../server/digits-service.js';
import { animatedPng, animatedWebp } from '../support/animations.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const frame = (name: number) => sharp(digit(name)).toColourspace('srgb').png().toBuffer();
const frames = await Promise.all([3, 7, 1].map(frame));
const animations: [name: string, bytes: Buffer][] = [
  ['3.png', animatedPng(frames)],
  ['3.webp', await animatedWebp(frames)],
];
const note =
  'The file is an animation of 3 frames, and only its first picture was read. To explain another frame, save it as a file of its own.';

test('the first frame is read, and the frames are counted; a still picture is one', async (t) => {
  const still = await decodeImage(frames[0]);
  t.is(still.frames, 1);
  for (const [name, bytes] of animations) {
    const { data, width, height, channels, frames: count } = await decodeImage(bytes);
    t.deepEqual({ width, height, channels }, { width: still.width, height: still.height, channels: 3 }, name);
    t.deepEqual(data, still.data, name);
    t.is(count, 3, name);
  }
  t.is((await decodeImage(animatedPng([frames[0]]))).frames, 1, 'an animation of one frame is a picture');
  t.is((await decodeImage(await sharp(frames[0]).webp().toBuffer())).frames, 1);
  t.is((await decodeImage(await sharp(frames[0]).jpeg().toBuffer())).frames, 1);
});

test('a file that lies about its chunks ends the count, wherever it is cut', (t) => {
  const [[, bytes]] = animations;
  for (let length = 0; length < 200; length++)
    t.true([1, 3].includes(framesOfPng(bytes.subarray(0, length))), `${length}`);
  for (const lie of [0, 2 ** 31, 2 ** 32 - 1]) {
    const lying = Buffer.from(bytes);
    lying.writeUInt32BE(lie, 8);
    t.is(framesOfPng(lying), 1);
  }
});

test('explanations and attributions note it, once and first; of still pictures nothing', async (t) => {
  const model = await loadModel('builtin:mnist-fc');
  t.teardown(() => model.dispose());
  for (const [name, bytes] of animations) {
    t.deepEqual((await explainImage(model, bytes)).toJSON().notes.slice(0, 1), [note], name);
    t.deepEqual((await attributeImage(model, bytes)).notes.slice(0, 1), [note], name);
  }
  t.false((await explainImage(model, frames[0])).notes.includes(note));
});

test('the command line tells it, of single images and of a batch', async (t) => {
  const folder = temporaryFolder('animations');
  for (const [name, bytes] of animations) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, 'still.png'), frames[0]);
  const paths = ['3.png', '3.webp', 'still.png'].map((name) => join(folder, name));
  const model = ['--model', 'builtin:mnist-fc'];
  const told = await smug(['explain', ...paths, ...model]);
  t.is(told.code, 0, told.stderr);
  t.is(told.stdout.split('an animation of 3 frames').length - 1, 2);
  const attributed = await smug(['attribute', paths[1], ...model]);
  t.regex(attributed.stdout, /^ {2}note +The file is an animation of 3 frames/m);
  const out = join(folder, 'out');
  t.is((await smug(['batch', ...paths, ...model, '--files', 'none', '--out', out])).code, 0);
  const lines = index(out) as { name: string; notes: string[] }[];
  t.deepEqual(lines.map(({ name, notes }) => [name, notes.includes(note)]).sort(), [
    ['3.png', true],
    ['3.webp', true],
    ['still.png', false],
  ]);
});

test('the service tells it', async (t) => {
  const { url } = await digitsService(t);
  for (const [, bytes] of animations) {
    const answer = await fetch(`${url}/v1/explain?model=digits&gamma=0.3&topK=20`, imageRequest(bytes));
    t.is(answer.status, 200);
    t.true(((await answer.json()) as { notes: string[] }).notes.includes(note));
  }
});
