import test from 'ava';
import { boundsOf } from '../../dist/masks/bounds.js';

test('bounds are tight around the wanted pixels, and null where none is', (t) => {
  const form = { height: 4, width: 5 };
  const wanted = new Set([1 * 5 + 2, 2 * 5 + 1, 2 * 5 + 3]);
  t.deepEqual(
    boundsOf(form, (pixel) => wanted.has(pixel)),
    { left: 1, top: 1, right: 4, bottom: 3 },
  );
  t.deepEqual(
    boundsOf(form, (pixel) => pixel === 19),
    { left: 4, top: 3, right: 5, bottom: 4 },
  );
  t.deepEqual(
    boundsOf(form, () => true),
    { left: 0, top: 0, right: 5, bottom: 4 },
  );
  t.is(
    boundsOf(form, () => false),
    null,
  );
});
