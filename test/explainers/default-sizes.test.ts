import test from 'ava';
import { defaultTextTopK, defaultTopK, defaultWindow } from '../../dist/explainers/default-sizes.js';
import type { FirstLayer } from '../../dist/graph/split.js';

const conv = (...outputShape: number[]) => ({ kind: 'conv', outputShape }) as FirstLayer;
const dense = (nodes: number) => ({ kind: 'dense', outputShape: [nodes] }) as FirstLayer;
const square = (side: number) => ({ height: side, width: side });

test("k keeps the paper's share of a photograph's nodes, between 100 and 3,000", (t) => {
  t.is(defaultTopK(conv(64, 112, 112), square(224)), 3000);
  t.is(defaultTopK(conv(64, 111, 111), square(224)), 3000);
  t.is(defaultTopK(conv(8, 112, 112), square(224)), 375);
  t.is(defaultTopK(conv(8, 24, 96), { height: 48, width: 192 }), 100);
  t.is(defaultTopK(conv(4, 4, 4), square(128)), 64);
});

test('dense layers and small pictures keep every node up to 3,000', (t) => {
  t.is(defaultTopK(dense(300), square(224)), 300);
  t.is(defaultTopK(dense(9000), square(28)), 3000);
  t.is(defaultTopK(conv(8, 26, 26), square(28)), 3000);
  t.is(defaultTopK(conv(2, 26, 26), square(28)), 1352);
});

test('texts: 100 nodes, and 20 where every node sees one word', (t) => {
  const kernel = (...shape: number[]) => ({ kind: 'conv', weights: { shape } }) as FirstLayer;
  t.is(defaultTextTopK(kernel(64, 32, 3)), 100);
  t.is(defaultTextTopK(dense(300)), 100);
  t.is(defaultTextTopK(kernel(256, 1, 1)), 20);
});

test('a cell is a pixel up to 28 pixels a side, else a 28th of the longer side', (t) => {
  t.deepEqual(
    [28, 29, 32, 64, 65, 112, 224, 299].map((side) => defaultWindow(square(side))),
    [1, 2, 2, 2, 2, 4, 8, 11],
  );
  t.is(defaultWindow({ height: 48, width: 192 }), 7);
});
