import test from 'ava';
import { drawCore } from '../../dist/reports/core-picture.js';

/** A grey 8×4 picture whose middle 4×4 the network sees as 4×4 pixels, in four cells of 2×2. */
const scene = (roles: number[], proven: number[], cells: number[], brightness = 128) => ({
  image: { width: 8, height: 4, channels: 3 as const, data: new Uint8Array(8 * 4 * 3).fill(brightness) },
  viewport: {
    x: 2,
    y: 0,
    width: 4,
    height: 4,
    inputWidth: 4,
    inputHeight: 4,
    originalWidth: 8,
    originalHeight: 4,
  },
  mask: { height: 4, width: 4, window: 2, cells, core: { roles, proven } },
  saliency: new Float32Array(16),
});

const NONE = 0;
const SOME = 1;
const EVERY = 2;

/** The colour at the middle of each of the four cells, and of what the network does not see. */
function colours(drawing: ReturnType<typeof scene>): number[][] {
  const { width, height, channels, data } = drawCore(drawing);
  if (width !== 8 || height !== 4 || channels !== 3) throw new Error('not the size of the original');
  const at = (x: number, y: number) => [...data.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)];
  return [at(2, 0), at(4, 0), at(2, 2), at(5, 3), at(0, 0)];
}

test('every is orange, some is blue, none is dimmed grey, the unseen darkest; dark and bright pictures alike', (t) => {
  for (const brightness of [0, 128, 255]) {
    const drawing = scene([EVERY, SOME, NONE, SOME], [1, 1, 1, 1], [1, 1, 0, 0], brightness);
    const [every, kept, none, other, unseen] = colours(drawing);
    t.true(every[0] > every[2] + 60, `orange: ${every.join()}`);
    t.true(kept[2] > kept[0] + 60, `blue: ${kept.join()}`);
    t.true(other[2] > other[0] + 30, `faint blue: ${other.join()}`);
    t.true(kept[2] - kept[0] > other[2] - other[0] + 20);
    t.is(new Set(none).size, 1);
    t.true(none[0] <= 0.4 * brightness && unseen[0] <= none[0]);
    t.notDeepEqual(kept, other);
  }
});

test('what is not proven to be in every mask is fainter', (t) => {
  const [proven, open] = colours(scene([EVERY, EVERY, NONE, NONE], [1, 0, 1, 1], [1, 1, 0, 0]));
  t.true(proven[0] - proven[2] > open[0] - open[2] + 30);
});

test('without roles there is nothing to draw', (t) => {
  const { mask, ...rest } = scene([0], [1], [0]);
  t.throws(() => drawCore({ ...rest, mask: { ...mask, core: undefined } }), {
    instanceOf: TypeError,
    message: /core/,
  });
});
